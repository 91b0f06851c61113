import { BadRequest, Conflict, type UploadOptions, type UploadProgress } from '@openhanami/sdk';
import { atInterrupt, tell } from './interrupts.ts';
import { showBytes } from './progress.ts';
import type { Session } from './session.ts';

/** Description of --resume. */
export const RESUME = 'go on with an upload of the same name and file that was interrupted';

/** Uploads with a progress bar; tells how to resume an interrupted upload. */
export async function uploadWith<Answer>(
  session: Session,
  name: string,
  resume: unknown,
  work: (onProgress: UploadProgress, options: UploadOptions) => Promise<Answer>,
): Promise<Answer> {
  const progress = showBytes('upload');
  const hint = `the upload of '${name}' is not finished: the same command with --resume goes on where it is`;
  const forget = atInterrupt(() => tell(hint));
  try {
    return await work((arrived, total) => progress.update(arrived, total), { ...session.options, resume: resume === true });
  } catch (error) {
    // A refused file, or an upload that never began, cannot be resumed.
    if (!(error instanceof BadRequest || error instanceof Conflict)) {
      progress.stop();
      tell(hint);
    }
    throw error;
  } finally {
    forget();
    progress.stop();
  }
}
