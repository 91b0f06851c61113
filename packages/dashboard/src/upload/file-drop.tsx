import { Button, FileButton, Group, Progress, Stack, Text } from '@mantine/core';
import { type DragEvent, lazy, Suspense, useRef, useState } from 'react';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { texts } from '../texts.ts';
import { type Upload, useUploads } from './uploads.ts';

const ReadingOptions = lazy(() => import('./reading-options.tsx'));

/** Takes files by drag and drop, or by choice, and shows how far they are. */
export function FileDrop({ onDataset }: { readonly onDataset: (uuid: string) => void }) {
  const { uploads, send } = useUploads(onDataset);
  const [isAsked, setAsked] = useState(false);
  const [isOver, setOver] = useState(false);
  const entered = useRef(0);
  /** The same file may be chosen again. */
  const reset = useRef<() => void>(null);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    entered.current = 0;
    setOver(false);
    void send([...event.dataTransfer.files], isAsked);
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
        <Group justify="center">
          <FileButton onChange={(files) => void send(files, isAsked).finally(() => reset.current?.())} resetRef={reset} multiple>
            {(props) => (
              <Button variant="default" {...props}>
                {uploads.length > 0 ? texts.drop.again : texts.drop.choose}
              </Button>
            )}
          </FileButton>
          <Button variant={isAsked ? 'filled' : 'default'} role="switch" aria-checked={isAsked} onClick={() => setAsked(!isAsked)}>
            {isAsked ? '✓ ' : ''}
            {texts.drop.ask}
          </Button>
        </Group>
      </div>
      {uploads.map((upload) => (
        <OnTheWay key={upload.name} upload={upload} />
      ))}
    </Stack>
  );
}

/** A file that is uploaded, was not understood, or waits for what is known of it. */
function OnTheWay({ upload: { name, share, stop, error, file, read } }: { readonly upload: Upload }) {
  return (
    <div>
      {error ? (
        <Trouble error={error} title={texts.drop.failed(name)} />
      ) : (
        <div role="status">
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
      )}
      {file && read && (
        <Suspense fallback={<Waiting />}>
          <ReadingOptions file={file} read={read} />
        </Suspense>
      )}
    </div>
  );
}
