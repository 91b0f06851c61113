import { Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Destroy } from '../parts/confirm.tsx';
import { bytes, percent } from '../parts/format.ts';
import { PagedList } from '../parts/list.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

export function Hosts() {
  const { api } = useSession();
  return (
    <PagedList
      id={['hosts', 'all']}
      load={(part) => api.listHosts(part)}
      none={texts.common.nothing}
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

export function Sessions() {
  const { api } = useSession();
  return (
    <PagedList
      id={['sessions']}
      load={(part) => api.listSessions(part)}
      none={texts.common.nothing}
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

/** Tasks that the caller may see: of an admin those of all projects. */
export function AllTasks() {
  const { api } = useSession();
  return (
    <PagedList
      id={['all tasks']}
      load={(part) => api.listTasks(part)}
      none={texts.common.nothing}
      columns={[
        { label: texts.common.name, show: ({ name }) => name },
        { label: texts.common.state, show: ({ state }) => state },
        { label: texts.common.progress, right: true, show: ({ percentage }) => percent(Number(percentage), 0) },
        { label: texts.common.created, show: ({ queued }) => queued },
        {
          label: texts.common.remove,
          right: true,
          show: ({ uuid = '', name = '', state }) => (
            <Destroy
              what={name}
              label={state === 'queued' || state === 'active' ? texts.common.stop : texts.common.remove}
              action={() => api.deleteTask({ uuid })}
            />
          ),
        },
      ]}
    />
  );
}

export function Machine() {
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
