import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BadRequest, FileUpload_MessageSchema, FileUploadResponse_MessageSchema } from '@openhanami/contract';
import type { CallOptions } from './call.ts';
import { Channel } from './channel.ts';

/** Bytes of a piece, and how many may be on their way at once. */
const PIECE = 1 << 20;
const ON_THE_WAY = 4;

/** A file to upload: in Node a path, anywhere a Blob. */
export type Uploadable = string | Blob;

/** Told after each piece: bytes of this upload that have arrived, and in all. */
export type UploadProgress = (arrived: number, total: number) => void;

export async function toBlob(file: Uploadable): Promise<Blob> {
  if (typeof file !== 'string') return file;
  const { openAsBlob } = await import('node:fs');
  return openAsBlob(file);
}

/** Sends a file to a temp file of the server, piece by piece. @throws BadRequest with the server's reason for a piece that it refused. */
export async function uploadFile(
  token: string,
  address: string,
  uuid: string,
  file: Blob,
  onProgress: (arrived: number) => void,
  options: CallOptions,
): Promise<void> {
  const channel = await Channel.open(address, { token, target: 'file_upload', uuid }, options);
  try {
    let arrived = 0;
    const onTheWay = new Set<Promise<void>>();
    for (let position = 0; position < file.size; position += PIECE) {
      const data = new Uint8Array(await file.slice(position, position + PIECE).arrayBuffer());
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
    channel.close();
  }
}
