import { Table, Text } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** Which role may call what, as a matrix. */
export function Policy() {
  const { api } = useSession();
  const { data, error, isPending } = useQuery({ queryKey: ['policy'], queryFn: () => api.getPolicy({}) });
  if (isPending && !error) return <Waiting lines={8} />;
  const rules = data?.body.map(([endpoint, method, roles]) => ({ call: `${method} /${endpoint}`, roles: roles as string[] })) ?? [];
  const roles = [...new Set(rules.flatMap((rule) => rule.roles))].toSorted();
  return (
    <>
      <Trouble error={error} />
      <Text c="dimmed" mb="sm">
        {texts.admin.policyHint}
      </Text>
      <ScrollTable label={texts.admin.policy} minWidth={320}>
        <Table verticalSpacing={3} highlightOnHover maw={900}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{texts.admin.call}</Table.Th>
              {roles.map((role) => (
                <Table.Th key={role} ta="center">
                  {role}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rules.map(({ call, roles: may }) => (
              <Table.Tr key={call}>
                <Table.Td className="cut">{call}</Table.Td>
                {roles.map((role) => (
                  <Table.Td key={role} ta="center">
                    {may.includes(role) ? <IconCheck size={16} role="img" aria-label={texts.admin.mayCall(role, call)} /> : ''}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollTable>
    </>
  );
}
