import { Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { bytes } from '../parts/format.ts';
import { saveFile } from '../parts/save-file.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Saves a data set as CSV; shows how much has come, and stops when it is told to. */
export function Download({ uuid, name }: { readonly uuid: string; readonly name: string }) {
  const api = useApi();
  const [come, setCome] = useState(0);
  const reader = useRef<ReadableStreamDefaultReader<Uint8Array>>(undefined);
  const isStopped = useRef(false);
  const { mutate, isPending, error } = useMutation({
    async mutationFn() {
      isStopped.current = false;
      setCome(0);
      const found = await api.downloadDataset({ uuid, format: 'csv' });
      reader.current = found.bytes.getReader();
      const parts: Uint8Array<ArrayBuffer>[] = [];
      let size = 0;
      for (;;) {
        const { done, value } = await reader.current.read();
        if (done) break;
        parts.push(value as Uint8Array<ArrayBuffer>);
        size += value.length;
        setCome(size);
      }
      if (!isStopped.current) saveFile(new Blob(parts, { type: 'text/csv' }), `${name}.csv`);
    },
  });
  const stop = (): void => {
    isStopped.current = true;
    void reader.current?.cancel().catch(() => {});
  };
  return (
    <>
      {isPending ? (
        <Group gap="xs" role="status">
          <Text size="sm" c="dimmed" className="figures">
            {bytes(come)}
          </Text>
          <Button variant="default" size="xs" onClick={stop} aria-label={texts.data.downloadStop}>
            {texts.common.stop}
          </Button>
        </Group>
      ) : (
        <Button variant="default" size="xs" onClick={() => mutate()}>
          {texts.data.download}
        </Button>
      )}
      <Trouble error={error} />
    </>
  );
}
