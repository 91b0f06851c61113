import { Button, Code, Group, Modal, PasswordInput, Stack, Tabs, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { toBase64 } from '@openhanami/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Destroy } from '../parts/confirm.tsx';
import { bytes, percent } from '../parts/format.ts';
import { PagedList } from '../parts/list.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** Users, projects, hosts, sessions and logs: as far as the role goes. */
export default function Admin() {
  const { user } = useSession();
  const tabs: [name: string, label: string, show: () => ReactNode, forAdmins: boolean][] = [
    ['hosts', texts.admin.hosts, () => <Hosts />, false],
    ['sessions', texts.admin.sessions, () => <Sessions />, false],
    ['audit', texts.admin.audit, () => <Audit />, false],
    ['users', texts.admin.users, () => <Users />, true],
    ['projects', texts.admin.projects, () => <Projects />, true],
    ['errors', texts.admin.errors, () => <Errors />, true],
    ['machine', texts.admin.machine, () => <Machine />, false],
  ];
  const seen = tabs.filter(([, , , forAdmins]) => user.is_admin || !forAdmins);
  return (
    <Stack gap="lg">
      <Title order={1}>{texts.admin.title}</Title>
      <Tabs defaultValue="hosts" keepMounted={false}>
        <Tabs.List mb="md">
          {seen.map(([name, label]) => (
            <Tabs.Tab key={name} value={name}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {seen.map(([name, , show]) => (
          <Tabs.Panel key={name} value={name}>
            {show()}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

function Users() {
  const { api } = useSession();
  return (
    <>
      <Make
        label={texts.admin.newUser}
        fields={['id', 'name', 'passphrase']}
        make={({ id, name, passphrase }) => api.createUser({ id, name, passphrase: toBase64(passphrase) })}
      />
      <Make
        label={texts.admin.assign}
        fields={['id', 'project', 'role']}
        make={({ id, project, role }) => api.addProjectToUser({ id, project_id: project, role })}
      />
      <PagedList
        id={['users']}
        load={(part) => api.listUsers(part)}
        none={texts.common.nothing}
        rowKey="id"
        columns={[
          { label: texts.common.id, show: ({ id }) => id },
          { label: texts.common.name, show: ({ name }) => name },
          { label: texts.common.created, show: ({ created_at }) => created_at },
          { label: texts.admin.projects, show: ({ projects = '' }) => projects },
          { label: 'Admin', show: ({ is_admin }) => (is_admin === 'true' ? 'yes' : '') },
          {
            label: texts.common.remove,
            right: true,
            show: ({ id = '' }) => <Destroy what={id} action={() => api.deleteUser({ id })} />,
          },
        ]}
      />
    </>
  );
}

function Projects() {
  const { api } = useSession();
  return (
    <>
      <Make label={texts.admin.newProject} fields={['id', 'name']} make={({ id, name }) => api.createProject({ id, name })} />
      <Make
        label={texts.admin.setQuota}
        fields={['id', 'clusters', 'dataset_bytes', 'queued_tasks']}
        optional={['clusters', 'dataset_bytes', 'queued_tasks']}
        make={({ id, ...limits }) =>
          api.setQuota({
            id,
            ...Object.fromEntries(Object.entries(limits).map(([name, text]) => [name, text ? limitOf(String(text)) : null])),
          })
        }
      />
      <PagedList
        id={['projects']}
        load={(part) => api.listProjects(part)}
        none={texts.common.nothing}
        rowKey="id"
        columns={[
          { label: texts.common.id, show: ({ id }) => id },
          { label: texts.common.name, show: ({ name }) => name },
          { label: texts.common.created, show: ({ created_at }) => created_at },
          { label: texts.home.quota, show: ({ id = '' }) => <Used id={id} /> },
          {
            label: texts.common.remove,
            right: true,
            show: ({ id = '' }) => <Destroy what={id} action={() => api.deleteProject({ id })} />,
          },
        ]}
      />
    </>
  );
}

/** What a project uses, of what it may. */
function Used({ id }: { readonly id: string }) {
  const { api } = useSession();
  const { data } = useQuery({ queryKey: ['quota', id], queryFn: () => api.getQuota({ id }) });
  if (!data) return null;
  const of = (used: number | string, limit: number | null): string => `${used}${limit === null ? '' : ` of ${limit.toLocaleString('en')}`}`;
  return (
    <>
      {of(data.use.clusters, data.clusters)} clusters, {of(bytes(data.use.dataset_bytes), data.dataset_bytes)}
    </>
  );
}

function Hosts() {
  const { api } = useSession();
  return (
    <PagedList
      id={['hosts', 'all']}
      load={({ name: _, ...part }) => api.listHosts(part)}
      none={texts.common.nothing}
      canSearch={false}
      columns={[
        { label: 'Host', show: ({ uuid }) => uuid },
        { label: 'Type', show: ({ type }) => type },
        { label: texts.clusters.title, right: true, show: ({ clusters }) => clusters },
        { label: 'Threads', right: true, show: ({ threads }) => threads },
        { label: 'Load', right: true, show: ({ load }) => percent(Number(load), 0) },
        { label: 'Memory', right: true, show: ({ memory }) => bytes(Number(memory)) },
      ]}
    />
  );
}

function Sessions() {
  const { api } = useSession();
  return (
    <PagedList
      id={['sessions']}
      load={(part) => api.listSessions(part)}
      none={texts.common.nothing}
      canSearch={false}
      columns={[
        { label: texts.common.created, show: ({ created_at }) => created_at },
        { label: 'User', show: ({ user_id }) => user_id },
        { label: 'Address', show: ({ address }) => address },
        { label: 'Until (UTC)', show: ({ expires_at }) => expires_at },
        {
          label: texts.admin.end,
          right: true,
          show: ({ uuid = '', user_id = '', current }) =>
            current === 'true' ? (
              ''
            ) : (
              <Destroy what={`session of ${user_id}`} label={texts.admin.end} action={() => api.endSession({ uuid })} />
            ),
        },
      ]}
    />
  );
}

function Audit() {
  const { api } = useSession();
  return (
    <PagedList
      id={['audit']}
      load={({ name: _, ...part }) => api.getAuditLog(part)}
      none={texts.common.nothing}
      canSearch={false}
      rowKey=""
      columns={[
        { label: texts.common.created, show: ({ created_at }) => created_at },
        { label: 'User', show: ({ user_id }) => user_id },
        { label: 'Call', show: ({ request_type, endpoint }) => `${request_type} ${endpoint}` },
        { label: 'Status', right: true, show: ({ status }) => status },
        { label: 'Address', show: ({ address }) => address },
        { label: 'Object', show: ({ object }) => object },
      ]}
    />
  );
}

function Errors() {
  const { api } = useSession();
  return (
    <PagedList
      id={['errors']}
      load={({ name: _, ...part }) => api.getErrorLog(part)}
      none={texts.common.nothing}
      canSearch={false}
      rowKey=""
      columns={[
        { label: texts.common.created, show: ({ created_at }) => created_at },
        { label: 'User', show: ({ user_id }) => user_id },
        { label: 'Component', show: ({ component }) => component },
        { label: 'Context', show: ({ context }) => context },
        { label: 'Message', show: ({ message }) => message },
      ]}
    />
  );
}

function Machine() {
  const { api } = useSession();
  const { data, error } = useQuery({ queryKey: ['machine'], queryFn: () => api.getSystemInfo({}) });
  return (
    <>
      <Trouble error={error} />
      {data && (
        <Code block tabIndex={0} style={{ maxHeight: 480, overflow: 'auto' }}>
          {JSON.stringify(data, null, 2)}
        </Code>
      )}
    </>
  );
}

const LABELS = {
  id: texts.common.id,
  name: texts.common.name,
  passphrase: texts.login.passphrase,
  project: texts.frame.project,
  role: texts.admin.role,
  clusters: texts.clusters.title,
  dataset_bytes: texts.admin.datasetBytes,
  queued_tasks: texts.admin.queuedTasks,
} as const;

/** @throws Error for what is no number. */
function limitOf(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new Error(texts.admin.noNumber(text));
  return Number(text);
}

/** A form for something new. */
function Make<Field extends keyof typeof LABELS>({
  label,
  fields,
  optional = [],
  make,
}: {
  readonly label: string;
  readonly fields: readonly Field[];
  readonly optional?: readonly Field[];
  readonly make: (given: Record<Field, string>) => Promise<unknown>;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  const queries = useQueryClient();
  const [given, setGiven] = useState<Partial<Record<Field, string>>>({});
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => make(given as Record<Field, string>),
    onSuccess: async () => {
      close();
      setGiven({});
      await queries.invalidateQueries();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <Group mb="md">
      <Button size="xs" onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} centered>
        <form onSubmit={submit}>
          <Stack>
            {fields.map((field) => {
              const shared = {
                label: LABELS[field],
                required: !optional.includes(field),
                value: given[field] ?? '',
                onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
                  const { value } = event.currentTarget;
                  setGiven((before) => ({ ...before, [field]: value }));
                },
              };
              return field === 'passphrase' ? (
                <PasswordInput key={field} {...shared} autoComplete="new-password" />
              ) : (
                <TextInput key={field} {...shared} />
              );
            })}
            <Trouble error={error} />
            <Group justify="flex-end">
              <Button type="submit" loading={isPending}>
                {texts.common.create}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Group>
  );
}
