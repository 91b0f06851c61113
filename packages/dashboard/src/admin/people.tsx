import { toBase64 } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { Destroy } from '../parts/confirm.tsx';
import { usedOf } from '../parts/format.ts';
import { type ListColumn, PagedList } from '../parts/list.tsx';
import { limitOf, MakeForm } from '../parts/make-form.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** What users and projects have. */
const NAMED: readonly ListColumn[] = [
  { label: texts.common.id, show: ({ id }) => id },
  { label: texts.common.name, show: ({ name }) => name },
  { label: texts.common.created, show: ({ created_at }) => created_at },
];

export function Users() {
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
      <MakeForm
        label={texts.admin.takeAway}
        fields={['id', 'project']}
        make={({ id, project }) => api.removeProjectFromUser({ id, project_id: project })}
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
            show: ({ id = '' }) => <Destroy what={id} consequence={texts.admin.userGoes} action={() => api.deleteUser({ id })} />,
          },
        ]}
      />
    </>
  );
}

export function Projects() {
  const { api } = useSession();
  return (
    <>
      <MakeForm label={texts.admin.newProject} fields={['id', 'name']} make={({ id, name }) => api.createProject({ id, name })} />
      <MakeForm
        label={texts.admin.setQuota}
        fields={['id', 'clusters', 'dataset_bytes', 'queued_tasks', 'running_tasks']}
        optional={['clusters', 'dataset_bytes', 'queued_tasks', 'running_tasks']}
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
            show: ({ id = '' }) => <Destroy what={id} consequence={texts.admin.projectGoes} action={() => api.deleteProject({ id })} />,
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
  return usedOf(data);
}
