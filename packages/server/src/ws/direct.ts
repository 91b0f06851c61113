import type { DirectTalk } from '../services/direct.ts';
import type { Target } from './target.ts';

/** Passes messages to the cluster's thread and returns its answers; an invalid message closes the connection with its reason. */
export function talkDirectly(talk: DirectTalk): Target {
  return {
    async receive(message) {
      // Copied, since messages are parts of larger buffers, which would be sent to the thread as a whole.
      const answer = await talk.say(new Uint8Array(message));
      return 'fault' in answer ? { code: answer.code, reason: answer.fault } : answer.answers;
    },
    close: () => talk.close(),
  };
}
