import { BadRequest, Conflict, dataset } from '@openhanami/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ADDRESS, useSession } from '../session.tsx';

/** A file on its way to becoming a data set. */
export interface Upload {
  readonly name: string;
  /** From 0 to 1; undefined while the server reads what came. */
  readonly share: number | undefined;
  readonly stop?: () => void;
  readonly error?: unknown;
  /** Of one that waits for what is known of it, or that was not understood: the file, and how it is read with that. */
  readonly file?: File;
  readonly read?: (known: dataset.TableOptions) => void;
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

/** Uploads files; broken uploads go on by themselves, and the same file again goes on where it was. */
export function useUploads(onDataset: (uuid: string) => void) {
  const { token } = useSession();
  const queries = useQueryClient();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);

  const note = (upload: Upload): void => setUploads((before) => [...before.filter(({ name }) => name !== upload.name), upload]);
  const forget = (name: string): void => setUploads((before) => before.filter((upload) => upload.name !== name));

  /** Sends what is one data set. @param known what is known of a table; 'ask': it is asked for while the bytes go. */
  const sendOne = async ([file, labels]: readonly File[], known: dataset.TableOptions | 'ask'): Promise<string | undefined> => {
    if (!file) return undefined;
    const { name } = file;
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    let answer: Pick<Upload, 'file' | 'read'> = {};
    let last: Pick<Upload, 'share' | 'stop'> = { share: 0, stop };
    const show = (): void => note({ name, ...last, ...answer });
    const asked = new Promise<dataset.TableOptions>((read, reject) => {
      stopping.signal.addEventListener('abort', () => reject(new Error('stopped')));
      if (known !== 'ask' || labels) return read(known === 'ask' ? {} : known);
      const done = (told: dataset.TableOptions): void => {
        answer = {};
        last = { share: undefined };
        show();
        read(told);
      };
      answer = { file, read: done };
    });
    // It may be stopped before anybody waits for it.
    asked.catch(() => {});
    show();
    const onProgress = (arrived: number, total: number): void => {
      last = arrived < total || answer.read ? { share: arrived / total, stop } : { share: undefined };
      show();
    };
    const upload = (resume: boolean): Promise<string> => {
      const how = { resume, signal: stopping.signal };
      return labels
        ? dataset.uploadMnistFiles(token, ADDRESS, nameOf(name), file, labels, onProgress, how)
        : dataset.uploadTable(token, ADDRESS, nameOf(name), file, onProgress, {
            ...how,
            table: async () => ({ repair_header: true, ...(await asked) }),
          });
    };
    try {
      const uuid = await upload(true).catch((error: unknown) => {
        // There is an unfinished upload of another file of that name.
        if (error instanceof Conflict) return upload(false);
        throw error;
      });
      forget(name);
      await queries.invalidateQueries({ queryKey: ['datasets'] });
      return uuid;
    } catch (error) {
      if (stopping.signal.aborted) forget(name);
      else if (error instanceof BadRequest && !labels) {
        const read = (told: dataset.TableOptions): void => void sendOne([file], told).then((uuid) => uuid !== undefined && onDataset(uuid));
        note({ name, share: 0, error, file, read });
      } else note({ name, share: 0, error });
      return undefined;
    }
  };

  /** @param isAsked whether somebody wants to say how they are read. */
  const send = async (files: readonly File[], isAsked: boolean): Promise<void> => {
    let last: string | undefined;
    for (const group of groupsOf(files)) last = (await sendOne(group, isAsked ? 'ask' : {})) ?? last;
    if (last !== undefined) onDataset(last);
  };

  return { uploads, send };
}
