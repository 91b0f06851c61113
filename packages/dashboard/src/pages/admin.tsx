import { Code, Stack, Tabs, Title } from '@mantine/core';
import { type List, toBase64 } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Destroy } from '../parts/confirm.tsx';
import { bytes, percent } from '../parts/format.ts';
import { type ListColumn, type Named, PagedList, type Part } from '../parts/list.tsx';
import { limitOf, MakeForm } from '../parts/make-form.tsx';
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

/** What users and projects have. */
const NAMED: readonly ListColumn[] = [
  { label: texts.common.id, show: ({ id }) => id },
  { label: texts.common.name, show: ({ name }) => name },
  { label: texts.common.created, show: ({ created_at }) => created_at },
];

function Users() {
  const { api } = useSession();
  return (
    <>
      <MakeForm
        label={texts.admin.newUser}
        fields={['id', 'name', 'passphrase']}
        make={({ id, name, passphrase }) => api.createUser({ id, name, passphrase: toBase64(passphrase) })}
      />
      <MakeForm
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
          ...NAMED,
          { label: texts.admin.projects, show: ({ projects = '' }) => projects },
          { label: texts.admin.isAdmin, show: ({ is_admin }) => (is_admin === 'true' ? texts.admin.yes : '') },
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
      <MakeForm label={texts.admin.newProject} fields={['id', 'name']} make={({ id, name }) => api.createProject({ id, name })} />
      <MakeForm
        label={texts.admin.setQuota}
        fields={['id', 'clusters', 'dataset_bytes', 'queued_tasks']}
        optional={['clusters', 'dataset_bytes', 'queued_tasks']}
        make={({ id, ...limits }) =>
          api.setQuota({
            id,
            ...Object.fromEntries(Object.entries(limits).map(([name, text]) => [name, limitOf(String(text ?? ''))])),
          })
        }
      />
      <PagedList
        id={['projects']}
        load={(part) => api.listProjects(part)}
        none={texts.common.nothing}
        rowKey="id"
        columns={[
          ...NAMED,
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
  const { use, clusters, dataset_bytes: limit } = data;
  return texts.admin.used(
    clusters === null ? String(use.clusters) : texts.admin.of(String(use.clusters), String(clusters)),
    limit === null ? bytes(use.dataset_bytes) : texts.admin.of(bytes(use.dataset_bytes), bytes(limit)),
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
        { label: texts.admin.host, show: ({ uuid }) => uuid },
        { label: texts.admin.type, show: ({ type }) => type },
        { label: texts.clusters.title, right: true, show: ({ clusters }) => clusters },
        { label: texts.admin.threads, right: true, show: ({ threads }) => threads },
        { label: texts.admin.load, right: true, show: ({ load }) => percent(Number(load), 0) },
        { label: texts.admin.memory, right: true, show: ({ memory }) => bytes(Number(memory)) },
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
        { label: texts.admin.user, show: ({ user_id }) => user_id },
        { label: texts.admin.address, show: ({ address }) => address },
        { label: texts.admin.until, show: ({ expires_at }) => expires_at },
        {
          label: texts.admin.end,
          right: true,
          show: ({ uuid = '', user_id = '', current }) =>
            current === 'true' ? (
              ''
            ) : (
              <Destroy what={texts.admin.sessionOf(user_id)} label={texts.admin.end} action={() => api.endSession({ uuid })} />
            ),
        },
      ]}
    />
  );
}

/** A log: what is shown of each entry. */
function Log({
  id,
  load,
  columns,
}: {
  readonly id: string;
  readonly load: (part: Part) => Promise<List>;
  readonly columns: readonly ListColumn[];
}) {
  const when = { label: texts.common.created, show: ({ created_at }: Named) => created_at };
  const who = { label: texts.admin.user, show: ({ user_id }: Named) => user_id };
  return <PagedList id={[id]} load={load} none={texts.common.nothing} canSearch={false} rowKey="" columns={[when, who, ...columns]} />;
}

function Audit() {
  const { api } = useSession();
  return (
    <Log
      id="audit"
      load={({ name: _, ...part }) => api.getAuditLog(part)}
      columns={[
        { label: texts.admin.call, show: ({ request_type, endpoint }) => `${request_type} ${endpoint}` },
        { label: texts.admin.status, right: true, show: ({ status }) => status },
        { label: texts.admin.address, show: ({ address }) => address },
        { label: texts.admin.object, show: ({ object }) => object },
      ]}
    />
  );
}

function Errors() {
  const { api } = useSession();
  return (
    <Log
      id="errors"
      load={({ name: _, ...part }) => api.getErrorLog(part)}
      columns={[
        { label: texts.admin.component, show: ({ component }) => component },
        { label: texts.admin.context, show: ({ context }) => context },
        { label: texts.admin.message, show: ({ message }) => message },
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
