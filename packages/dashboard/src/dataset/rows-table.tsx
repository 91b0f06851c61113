import { Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef, useState } from 'react';
import { type DatasetProps, rowsOfACall } from '../parts/dataset-props.ts';
import { cell } from '../parts/format.ts';
import { Pager } from '../parts/pager.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Rows of one call at most, and height of a row in pixels. */
const MOST_ROWS = 200;
const HEIGHT = 28;
/** Tallest list that browsers can scroll through; longer ones are scrolled through in larger steps. */
const TALLEST = 8_000_000;
const WIDTH = 140;
/** Columns of a page of a wide table. */
const MOST_COLUMNS = 60;

/** All rows of a data set, of which those that are seen are read. */
export function RowsTable({ uuid, rows, columns }: DatasetProps) {
  const api = useApi();
  const view = useRef<HTMLDivElement>(null);
  const [page, setPage] = useState(1);
  const before = (page - 1) * MOST_COLUMNS;
  const shown = columns.slice(before, before + MOST_COLUMNS).map(({ name }) => name);
  const chunkRows = rowsOfACall(columns, MOST_ROWS);
  const lines = Math.min(rows, Math.floor(TALLEST / HEIGHT));
  const virtual = useVirtualizer({ count: lines, getScrollElement: () => view.current, estimateSize: () => HEIGHT, overscan: 12 });
  const items = virtual.getVirtualItems();
  // Of very many rows some are passed over while one scrolls; the first and the last can be seen.
  const top = items[0]?.index ?? 0;
  const height = view.current?.clientHeight ?? 0;
  const share = Math.min(1, (virtual.scrollOffset ?? 0) / Math.max(1, virtual.getTotalSize() + HEIGHT - height));
  const skipped = Math.round(share * (rows - lines));
  const first = Math.floor((top + skipped) / chunkRows);
  const last = Math.floor(Math.min(rows - 1, (items.at(-1)?.index ?? 0) + skipped) / chunkRows);
  const chunks = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const found = useQueries({
    queries: chunks.map((chunk) => ({
      queryKey: ['rows', uuid, chunk],
      queryFn: () => api.getDatasetRows({ uuid, row_offset: chunk * chunkRows, number_of_rows: chunkRows }),
      refetchInterval: false as const,
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
  const valuesOf = (row: number): readonly unknown[] | undefined => found[Math.floor(row / chunkRows) - first]?.data?.rows[row % chunkRows];
  const template = `72px repeat(${shown.length}, minmax(${WIDTH}px, 1fr))`;
  const line = { display: 'grid', gridTemplateColumns: template, height: HEIGHT, alignItems: 'center' } as const;
  if (rows === 0) return <Text c="dimmed">{texts.common.nothing}</Text>;
  return (
    <>
      <div
        ref={view}
        role="table"
        aria-rowcount={rows + 1}
        aria-label={texts.data.content}
        tabIndex={0}
        style={{ height: 420, overflow: 'auto', border: '1px solid var(--mantine-color-default-border)', borderRadius: 6 }}
        className="figures"
      >
        <div style={{ minWidth: 72 + shown.length * WIDTH }}>
          <div
            role="row"
            style={{ ...line, position: 'sticky', top: 0, zIndex: 1, background: 'var(--mantine-color-body)', fontWeight: 600 }}
          >
            <HeaderCell text={texts.data.row} />
            {shown.map((name) => (
              <HeaderCell key={name} text={name} />
            ))}
          </div>
          <div style={{ position: 'relative', height: virtual.getTotalSize() }} role="rowgroup">
            {items.map(({ index, start }) => {
              const row = index + skipped;
              const values = valuesOf(row);
              return (
                <div
                  key={index}
                  role="row"
                  aria-rowindex={row + 2}
                  style={{ ...line, position: 'absolute', top: start, left: 0, right: 0 }}
                >
                  <Cell text={(row + 1).toLocaleString('en')} dimmed />
                  {shown.map((name, i) => (
                    <Cell key={name} text={values ? cell(values[before + i]) : '…'} dimmed={!values} />
                  ))}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      <Pager rows={columns.length} perPage={MOST_COLUMNS} page={page} setPage={setPage} label={texts.data.columnsFrom} />
    </>
  );
}

const CELL = { padding: '0 8px' } as const;

function HeaderCell({ text }: { readonly text: string }) {
  return (
    <div role="columnheader" className="cut" style={CELL} title={text}>
      {text}
    </div>
  );
}

function Cell({ text, dimmed }: { readonly text: string; readonly dimmed: boolean }) {
  return (
    <div role="cell" className="cut" style={{ ...CELL, ...(dimmed ? { color: 'var(--mantine-color-dimmed)' } : {}) }} title={text}>
      {text}
    </div>
  );
}
