import { Stack, Tabs, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { CODE } from '../admin/code.ts';
import { Audit, Errors } from '../admin/logs.tsx';
import { Projects, Users } from '../admin/people.tsx';
import { Policy } from '../admin/policy.tsx';
import { AllTasks, Hosts, Machine, Sessions } from '../admin/server.tsx';
import { AsCode, type CodeOf } from '../parts/code.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** Users, projects, hosts, sessions and logs: as far as the role goes. */
export default function Admin() {
  const { user } = useSession();
  const tabs: [name: string, label: string, show: () => ReactNode, forAdmins: boolean][] = [
    ['hosts', texts.admin.hosts, () => <Hosts />, false],
    ['sessions', texts.admin.sessions, () => <Sessions />, false],
    ['tasks', texts.admin.tasks, () => <AllTasks />, false],
    ['policy', texts.admin.policy, () => <Policy />, false],
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
            <Stack gap="xl">
              <div>{show()}</div>
              <AsCode of={CODE[name] as CodeOf} />
            </Stack>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}
