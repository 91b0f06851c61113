import { Pagination } from '@mantine/core';
import { texts } from '../texts.ts';

/** Leads to the pages of a list; nothing where there is one page only. */
export function Pager({
  rows,
  perPage,
  page,
  setPage,
  label,
}: {
  /** Of the whole list. */
  readonly rows: number;
  readonly perPage: number;
  /** From 1 on. */
  readonly page: number;
  readonly setPage: (page: number) => void;
  /** What is paged, where there are several lists at a place. */
  readonly label?: string;
}) {
  if (rows <= perPage) return null;
  return (
    <Pagination
      mt="sm"
      {...(label === undefined ? {} : { role: 'navigation', 'aria-label': label })}
      size="sm"
      total={Math.ceil(rows / perPage)}
      value={page}
      onChange={setPage}
      getControlProps={(control) => ({ 'aria-label': control === 'previous' ? texts.common.previous : texts.common.next })}
    />
  );
}
