import { Progress, Table } from '@mantine/core';
import { percent } from './format.ts';

/** Probabilities of classes, the largest first. */
export function Probabilities({ of }: { readonly of: Readonly<Record<string, number>> }) {
  const sorted = Object.entries(of)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10);
  return (
    <Table verticalSpacing={3} withRowBorders={false} layout="fixed" className="figures">
      <Table.Tbody>
        {sorted.map(([name, share]) => (
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
