import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { list, nothing, search, userId, uuid } from './fields.ts';

/** `current`: whether the call itself belongs to the session. */
export const SESSION_COLUMNS = ['created_at', 'uuid', 'user_id', 'address', 'expires_at', 'current'] as const;

export const logOut = endpoint({
  method: 'POST',
  path: '/token/logout',
  summary: 'End the session of this token: all tokens that were made of its login',
  input: z.strictObject({}),
  output: nothing,
  errors: [],
});

export const listSessions = endpoint({
  method: 'GET',
  path: '/session/all',
  summary: "List one's own sessions; admins see those of a user, or of all",
  input: z.strictObject({ user_id: userId.optional(), ...search }),
  output: list(SESSION_COLUMNS),
  errors: [],
});

export const endSession = endpoint({
  method: 'DELETE',
  path: '/session',
  summary: "End one of one's own sessions; admins may end any",
  input: z.strictObject({ uuid }),
  output: nothing,
  errors: [404],
});
