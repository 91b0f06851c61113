import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BadRequest, FileUpload_MessageSchema, FileUploadResponse_MessageSchema, HanamiError } from '@openhanami/contract';
import type { HangUp } from '../services/hang-up.ts';
import type { OpenUpload } from '../services/open-upload.ts';
import type { Uploads } from '../services/uploads.ts';
import type { Target } from './target.ts';

/** Writes pieces of a file and answers each with success or an error. A rejected piece leaves earlier ones intact. */
export function receiveUpload(uploads: Uploads, upload: OpenUpload, hangUp: HangUp): Target {
  return {
    async receive(message) {
      const answer = await writePiece(upload, message).then(
        () => ({ success: true }),
        (error: Error) => ({ success: false, errorMessage: reasonOf(error) }),
      );
      return [toBinary(FileUploadResponse_MessageSchema, create(FileUploadResponse_MessageSchema, answer))];
    },
    close: () => uploads.detach(upload, hangUp),
  };
}

async function writePiece(upload: OpenUpload, message: Buffer): Promise<void> {
  let piece: { position: bigint; data: Uint8Array };
  try {
    piece = fromBinary(FileUpload_MessageSchema, message);
  } catch {
    throw new BadRequest('the message is no FileUpload_Message');
  }
  if (piece.position > BigInt(Number.MAX_SAFE_INTEGER)) throw new BadRequest(`position ${piece.position} is out of range`);
  await upload.write(Number(piece.position), piece.data);
}

function reasonOf(error: Error): string {
  if (error instanceof HanamiError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' ? 'the disk of the server is full' : `the piece could not be written (${code ?? 'internal error'})`;
}
