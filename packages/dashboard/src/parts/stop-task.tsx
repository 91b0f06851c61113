import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { Trouble } from './trouble.tsx';

/** Stops a task that waits or runs. */
export function StopTask({ task: { uuid, name } }: { readonly task: { readonly uuid: string; readonly name: string } }) {
  const api = useApi();
  const queries = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => api.deleteTask({ uuid }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['running tasks'] }),
  });
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => mutate()} loading={isPending} aria-label={`${texts.common.stop} ${name}`}>
        {texts.common.stop}
      </Button>
      <Trouble error={error} />
    </>
  );
}
