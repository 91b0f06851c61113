import { Alert, Button, FileButton, Group, Progress, Text } from '@mantine/core';
import { dataset, type Task, table } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import Papa from 'papaparse';
import { useRef, useState } from 'react';
import { shareOf } from '../live.ts';
import { saveFile } from '../parts/save-file.ts';
import { Trouble } from '../parts/trouble.tsx';
import { ADDRESS, useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** Answers all rows of a file, and saves them with their answers as CSV. */
export default function AnswerFile({ cluster }: { readonly cluster: string }) {
  const { token, api } = useSession();
  const [share, setShare] = useState(0);
  /** Stops what goes on. */
  const stopping = useRef<AbortController>(undefined);
  /** The same file may be chosen again. */
  const reset = useRef<() => void>(null);
  const { mutate, data, error, isPending } = useMutation({
    async mutationFn(file: File) {
      setShare(0);
      stopping.current = new AbortController();
      const { signal } = stopping.current;
      const name = `asked ${new Date().toISOString().replace(/\D/g, '')}`;
      const uuid = await dataset.uploadTable(token, ADDRESS, name, file, () => {}, {
        temporary: true,
        signal,
        table: { repair_header: true },
      });
      try {
        let stop: (() => void) | undefined;
        const onProgress = (task: Task): void => {
          setShare(shareOf(task));
          stop ??= () => void api.deleteTask({ uuid: task.uuid }).catch(() => {});
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop, { once: true });
        };
        const answered = await table.predictDataset(token, ADDRESS, cluster, uuid, { onProgress });
        const { names, rows } = await dataset.readRows(token, ADDRESS, uuid);
        // An answer of the same name takes the place of what stood there.
        const kept = names.map((column, i) => [column, i] as const).filter(([column]) => !answered.names.includes(column));
        const fields = [...kept.map(([column]) => column), ...answered.names];
        const lines = answered.rows.map((answer, k) => [...kept.map(([, i]) => rows[k]?.[i]), ...answer]);
        const text = Papa.unparse({ fields, data: lines }, { escapeFormulae: true });
        saveFile(new Blob([text], { type: 'text/csv' }), `${file.name.replace(/\.[^.]*$/, '')} answered.csv`);
        return { count: lines.length, notices: answered.notices };
      } finally {
        await api.deleteDataset({ uuid }).catch(() => {});
      }
    },
  });
  return (
    <div>
      <Group>
        <FileButton onChange={(file) => file && mutate(file, { onSettled: () => reset.current?.() })} resetRef={reset}>
          {(props) => (
            <Button variant="default" size="xs" loading={isPending} {...props}>
              {texts.ask.bulk}
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed" role="status">
          {data ? texts.ask.bulkDone(data.count) : texts.ask.bulkHint}
        </Text>
      </Group>
      {isPending && (
        <Group mt="xs" wrap="nowrap">
          <Progress flex={1} value={100 * share} aria-label={texts.ask.bulk} />
          <Button size="compact-xs" variant="default" onClick={() => stopping.current?.abort()} aria-label={texts.ask.bulkStop}>
            {texts.common.stop}
          </Button>
        </Group>
      )}
      {!stopping.current?.signal.aborted && <Trouble error={error} />}
      {data?.notices.map((notice) => (
        <Alert key={notice} mt="xs">
          {notice}
        </Alert>
      ))}
    </div>
  );
}
