import { Button, FileButton, Group, Progress, Stack, Text } from '@mantine/core';
import { dataset } from '@openhanami/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { ADDRESS, useSession } from '../session.tsx';
import { texts } from '../texts.ts';
import { Trouble } from './trouble.tsx';

interface Upload {
  readonly name: string;
  /** From 0 to 1; undefined while the server reads what came. */
  readonly share: number | undefined;
  readonly stop?: () => void;
  readonly error?: unknown;
}

/** A name as data sets may have it, made from that of a file. */
const nameOf = (file: string): string => {
  const bare = file
    .replace(/\.[^.]*(\.(gz|zst|zip))?$/i, '')
    .replace(/[^A-Za-z0-9_ -]+/g, ' ')
    .trim();
  const named = /^[A-Za-z]/.test(bare) ? bare : `data ${bare}`;
  return named.padEnd(4, '_').slice(0, 254);
};

const isIdx = ({ name }: File): boolean => /idx\d|ubyte/i.test(name);

/** Files that belong together: two IDX files are one data set, the one with labels last. */
function groupsOf(files: readonly File[]): File[][] {
  const idx = files.filter(isIdx);
  const pair = idx.length === 2 ? [idx.toSorted((a, b) => b.size - a.size)] : [];
  return [...files.filter((file) => pair.length === 0 || !isIdx(file)).map((file) => [file]), ...pair];
}

/** Takes files by drag and drop, or by choice; broken uploads go on by themselves, and the same file again goes on where it was. */
export function FileDrop({ onDataset }: { readonly onDataset: (uuid: string) => void }) {
  const { token } = useSession();
  const queries = useQueryClient();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const [isOver, setOver] = useState(false);
  const entered = useRef(0);
  /** The same file may be chosen again. */
  const reset = useRef<() => void>(null);

  const send = async (files: readonly File[]): Promise<void> => {
    let last: string | undefined;
    for (const group of groupsOf(files)) {
      const [file, labels] = group;
      if (!file) continue;
      const note = (upload: Partial<Upload>): void =>
        setUploads((before) => [...before.filter(({ name }) => name !== file.name), { name: file.name, share: 0, ...upload }]);
      const stopping = new AbortController();
      const stop = (): void => stopping.abort();
      note({ share: 0, stop });
      const onProgress = (arrived: number, total: number): void =>
        note(arrived < total ? { share: arrived / total, stop } : { share: undefined });
      const how = { resume: true, signal: stopping.signal };
      try {
        const name = nameOf(file.name);
        const uuid = labels
          ? await dataset.uploadMnistFiles(token, ADDRESS, name, file, labels, onProgress, how)
          : await dataset.uploadTable(token, ADDRESS, name, file, onProgress, { ...how, table: { repair_header: true } });
        setUploads((before) => before.filter((upload) => upload.name !== file.name));
        await queries.invalidateQueries({ queryKey: ['datasets'] });
        last = uuid;
      } catch (error) {
        if (stopping.signal.aborted) setUploads((before) => before.filter((upload) => upload.name !== file.name));
        else note({ error });
      }
    }
    if (last !== undefined) onDataset(last);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    entered.current = 0;
    setOver(false);
    void send([...event.dataTransfer.files]);
  };
  return (
    <Stack>
      <div
        className="drop"
        data-over={isOver}
        onDragEnter={() => {
          entered.current++;
          setOver(true);
        }}
        onDragLeave={() => setOver(--entered.current > 0)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
      >
        <Text fw={600}>{texts.drop.title}</Text>
        <Text c="dimmed" size="sm" mb="sm">
          {texts.drop.hint}
        </Text>
        <FileButton onChange={(files) => void send(files).finally(() => reset.current?.())} resetRef={reset} multiple>
          {(props) => (
            <Button variant="default" {...props}>
              {uploads.length > 0 ? texts.drop.again : texts.drop.choose}
            </Button>
          )}
        </FileButton>
      </div>
      {uploads.map(({ name, share, stop, error }) =>
        error ? (
          <Trouble key={name} error={error} title={texts.drop.failed(name)} />
        ) : (
          <div key={name} role="status">
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" className="cut">
                {texts.drop.uploading(name)}
              </Text>
              <Text size="sm" c="dimmed" className="figures">
                {share === undefined ? texts.drop.reading : `${Math.round(100 * share)} %`}
              </Text>
              {stop && (
                <Button size="compact-xs" variant="default" onClick={stop} aria-label={`${texts.drop.cancel} ${name}`}>
                  {texts.common.stop}
                </Button>
              )}
            </Group>
            <Progress value={100 * (share ?? 1)} animated={share === undefined} aria-label={texts.drop.uploading(name)} />
          </div>
        ),
      )}
    </Stack>
  );
}
