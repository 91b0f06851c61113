import type { DirectTalk } from '../services/direct.ts';
import type { Target } from './target.ts';

/** Passes messages on to the cluster's thread and its answers back; a fault of a message closes the connection with its reason. */
export function talkDirectly(talk: DirectTalk): Target {
  return {
    async receive(message) {
      // A copy of its own: messages are cut from larger buffers, which would go to the thread as a whole.
      const answer = await talk.say(new Uint8Array(message));
      return 'fault' in answer ? { code: answer.code, reason: answer.fault } : answer.answers;
    },
    close: () => talk.close(),
  };
}
