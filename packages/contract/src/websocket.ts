import { z } from 'zod';
import { uuid } from './fields.ts';

/** First message of a connection, as JSON text. */
export const websocketHello = z.strictObject({
  token: z.string('must be a string'),
  target: z.enum(['file_upload', 'cluster'], "must be 'file_upload' or 'cluster'"),
  uuid,
});
export type WebsocketHello = z.input<typeof websocketHello>;

/** Answer to the first message: JSON in a binary frame. */
export const websocketWelcome = z.union([
  z.object({ success: z.literal(true), uuid: z.string() }),
  z.object({ success: z.literal(false), error: z.string(), code: z.string().optional() }),
]);
