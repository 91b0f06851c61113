import { Alert, Skeleton, Stack } from '@mantine/core';
import { texts } from '../texts.ts';

/** What went wrong, in the server's words. */
export function Trouble({ error, title = texts.common.error }: { readonly error: unknown; readonly title?: string }) {
  if (!error) return null;
  return (
    <Alert color="red" title={title} role="alert" style={{ overflowWrap: 'anywhere' }}>
      {(error as Error).message}
    </Alert>
  );
}

/** The shape of what is to come: lines, or as high as it will be, so that nothing jumps when it comes. */
export function Waiting({ lines = 4, height }: { readonly lines?: number; readonly height?: number }) {
  if (height !== undefined) return <Skeleton height={height} radius="sm" aria-busy aria-label={texts.common.loading} role="status" />;
  return (
    <Stack aria-busy aria-label={texts.common.loading} role="status">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <Skeleton key={i} height={24} radius="sm" />
      ))}
    </Stack>
  );
}
