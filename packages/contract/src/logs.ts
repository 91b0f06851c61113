import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { list, searchText, userId, whole } from './fields.ts';

/** Default number of entries of a page. */
export const LOG_PAGE = 100;

/** `page` counts hundreds of entries; `limit` and `offset` count entries; `offset` overrides `page`. */
const which = {
  user_id: userId.optional(),
  page: whole(0, 1e9).default(0),
  limit: whole(1, 10_000).default(LOG_PAGE),
  offset: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  /** Text that an entry must contain in one of its columns, ignoring case; of the newest 20,000 entries those are found that do. */
  text: searchText.optional(),
};

/** `status`: HTTP status (null if it was not recorded yet); `object`: uuid or id of what the call was about. */
export const AUDIT_LOG_COLUMNS = ['created_at', 'user_id', 'endpoint', 'request_type', 'status', 'address', 'object'] as const;

export const getAuditLog = endpoint({
  method: 'GET',
  path: '/audit_log',
  summary: "Who changed what, newest first: one's own calls; admins all, or those of a user",
  input: z.strictObject(which),
  output: list(AUDIT_LOG_COLUMNS),
  errors: [],
});

export const ERROR_LOG_COLUMNS = ['created_at', 'user_id', 'component', 'context', 'input_values', 'message'] as const;

export const getErrorLog = endpoint({
  method: 'GET',
  path: '/error_log',
  summary: 'Internal errors, newest first (admins only)',
  input: z.strictObject(which),
  output: list(ERROR_LOG_COLUMNS),
  errors: [],
});
