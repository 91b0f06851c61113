import { Progress, Table } from '@mantine/core';
import { percent } from './format.ts';

/** Shares of a whole as bars, the largest first. */
export function Shares({ of, most = 10 }: { readonly of: readonly (readonly [name: string, share: number])[]; readonly most?: number }) {
  return (
    <Table maw={640} verticalSpacing={3} withRowBorders={false} layout="fixed" className="figures">
      <Table.Tbody>
        {of
          .toSorted(([, a], [, b]) => b - a)
          .slice(0, most)
          .map(([name, share]) => (
            <Table.Tr key={name}>
              <Table.Td w="30%" className="cut" title={name}>
                {name}
              </Table.Td>
              <Table.Td>
                <Progress value={100 * share} aria-label={name} />
              </Table.Td>
              <Table.Td w={84} ta="right" style={{ whiteSpace: 'nowrap' }}>
                {percent(share)}
              </Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}
