import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BadRequest, FileUpload_MessageSchema, FileUploadResponse_MessageSchema } from '@openhanami/contract';
import { openFile } from '#platform';
import type { CallOptions } from './call.ts';
import { Channel } from './channel.ts';

/** Bytes of a piece, and how many may be on their way at once. */
const PIECE = 1 << 19;
const ON_THE_WAY = 8;

/** A file to upload: in Node a path, anywhere a Blob. */
export type Uploadable = string | Blob;

/** Told after each piece: bytes of this upload that have arrived, and in all. */
export type UploadProgress = (arrived: number, total: number) => void;

/** An opened file: its size in bytes, and its pieces. */
export interface UploadSource {
  readonly size: number;
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openUploadable(file: Uploadable): Promise<UploadSource> {
  if (typeof file !== 'string') {
    const read = async (position: number, length: number) => new Uint8Array(await file.slice(position, position + length).arrayBuffer());
    return { size: file.size, read, close: async () => {} };
  }
  return openFile(file);
}

/** Sends a file to a temp file of the server, piece by piece. @throws BadRequest with the server's reason for a piece that it refused. */
export async function uploadFile(
  token: string,
  address: string,
  uuid: string,
  file: UploadSource,
  onProgress: (arrived: number) => void,
  options: CallOptions,
): Promise<void> {
  const channel = await Channel.open(address, { token, target: 'file_upload', uuid }, options);
  try {
    let arrived = 0;
    const onTheWay = new Set<Promise<void>>();
    for (let position = 0; position < file.size; position += PIECE) {
      const data = await file.read(position, PIECE);
      const message = toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, { position: BigInt(position), data }));
      const sent = channel.send(message as Uint8Array<ArrayBuffer>).then((answer) => {
        const { success, errorMessage } = fromBinary(FileUploadResponse_MessageSchema, answer);
        if (!success) throw new BadRequest(errorMessage);
        arrived += data.length;
        onProgress(arrived);
      });
      // Awaited below; a failure must not be reported as unhandled before.
      sent.catch(() => {});
      onTheWay.add(sent);
      sent.finally(() => onTheWay.delete(sent)).catch(() => {});
      if (onTheWay.size >= ON_THE_WAY) await Promise.race(onTheWay);
    }
    await Promise.all(onTheWay);
  } finally {
    await channel.close();
  }
}
