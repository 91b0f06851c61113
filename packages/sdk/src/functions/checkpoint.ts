import {
  createCheckpointUpload,
  deleteCheckpoint as deleteEndpoint,
  downloadCheckpoint as downloadEndpoint,
  finishCheckpointUpload,
  getCheckpoint as getEndpoint,
  listCheckpoints as listEndpoint,
  type OutputOf,
  setCheckpointVisibility,
  type Visibility,
} from '@openhanami/contract';
import { type CallOptions, call, type ListOptions, type Stream, stream } from '../call.ts';
import type { Token } from '../credentials.ts';
import { type Uploadable, type UploadOptions, type UploadProgress, upload } from '../upload.ts';

/** Gets a checkpoint. */
export function getCheckpoint(
  token: Token,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Lists all visible checkpoints. */
export function listCheckpoints(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}

/** Deletes a checkpoint. */
export function deleteCheckpoint(
  token: Token,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Downloads a checkpoint as a file. @param options.offset first byte, to resume a download that broke. */
export function downloadCheckpoint(
  token: Token,
  address: string,
  checkpointUuid: string,
  options?: CallOptions & { offset?: number },
): Promise<Stream> {
  return stream(downloadEndpoint, token, address, { uuid: checkpointUuid }, options);
}

const CHECKPOINT = { kind: 'checkpoint', announce: createCheckpointUpload, finish: finishCheckpointUpload } as const;

/** Uploads a checkpoint that was downloaded before; returns its uuid. @throws BadRequest if it is damaged; nothing is left then. */
export function uploadCheckpoint(
  token: Token,
  address: string,
  checkpointName: string,
  file: Uploadable,
  onProgress: UploadProgress = () => {},
  options: UploadOptions = {},
): Promise<string> {
  return upload(CHECKPOINT, token, address, checkpointName, { input: file }, onProgress, options);
}

/** Sets who sees a checkpoint. */
export function setVisibility(
  token: Token,
  address: string,
  checkpointUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setCheckpointVisibility>> {
  return call(setCheckpointVisibility, token, address, { uuid: checkpointUuid, visibility }, options);
}
