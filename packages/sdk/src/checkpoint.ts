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
import { type CallOptions, call, type Stream, stream } from './call.ts';
import { openUploadable, type Uploadable, type UploadProgress, uploadFile } from './upload.ts';

/** Tells about a checkpoint. */
export function getCheckpoint(
  token: string,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Lists all visible checkpoints. */
export function listCheckpoints(token: string, address: string, options?: CallOptions): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, {}, options);
}

/** Deletes a checkpoint. */
export function deleteCheckpoint(
  token: string,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Downloads a checkpoint as a file. @param options.offset the byte to begin at, to go on with a download that broke. */
export function downloadCheckpoint(
  token: string,
  address: string,
  checkpointUuid: string,
  options?: CallOptions & { offset?: number },
): Promise<Stream> {
  return stream(downloadEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Uploads a checkpoint that was downloaded before; returns its uuid. @throws BadRequest if the file is damaged; nothing is left on the server then. */
export async function uploadCheckpoint(
  token: string,
  address: string,
  checkpointName: string,
  file: Uploadable,
  onProgress: UploadProgress = () => {},
  options: CallOptions = {},
): Promise<string> {
  const source = await openUploadable(file);
  try {
    const announced = { name: checkpointName, input_data_size: source.size };
    const { uuid, uuid_input_file } = await call(createCheckpointUpload, token, address, announced, options);
    try {
      await uploadFile(token, address, uuid_input_file, source, (arrived) => onProgress(arrived, source.size), options);
      await call(finishCheckpointUpload, token, address, { uuid, uuid_input_file }, options);
      return uuid;
    } catch (error) {
      await deleteCheckpoint(token, address, uuid, options).catch(() => {});
      throw error;
    }
  } finally {
    await source.close();
  }
}

/** Says who sees a checkpoint. */
export function setVisibility(
  token: string,
  address: string,
  checkpointUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setCheckpointVisibility>> {
  return call(setCheckpointVisibility, token, address, { uuid: checkpointUuid, visibility }, options);
}
