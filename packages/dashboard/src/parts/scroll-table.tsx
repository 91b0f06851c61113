import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** A table that is scrolled where it does not fit, also by keys. */
export function ScrollTable({
  label,
  minWidth,
  maxHeight,
  children,
}: {
  readonly label: string;
  readonly minWidth: number;
  readonly maxHeight?: number;
  readonly children: ReactNode;
}) {
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      {...(maxHeight === undefined ? {} : { maxHeight })}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': label } }}
    >
      {children}
    </Table.ScrollContainer>
  );
}
