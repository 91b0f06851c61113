import { Alert, Skeleton, Stack } from '@mantine/core';
import { texts } from '../texts.ts';

/** What went wrong, in the server's words. */
export function Trouble({ error }: { readonly error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" title={texts.common.error} role="alert" style={{ overflowWrap: 'anywhere' }}>
      {(error as Error).message}
    </Alert>
  );
}

/** The shape of what is to come. */
export function Waiting({ lines = 4 }: { readonly lines?: number }) {
  return (
    <Stack aria-busy aria-label={texts.common.loading} role="status">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <Skeleton key={i} height={24} radius="sm" />
      ))}
    </Stack>
  );
}
