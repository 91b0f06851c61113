import { Button, type ButtonProps, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { texts } from '../texts.ts';
import { Trouble } from './trouble.tsx';

/** A button for what cannot be undone: it asks, and says what goes with it. */
export function Destroy({
  what,
  consequence,
  label = texts.common.remove,
  action,
  gone,
  then = () => {},
  ...props
}: {
  readonly what: string;
  /** Its uuid, if its own page is shown: what is known of it is not asked for again. */
  readonly gone?: string;
  /** Called when it is done, such as to leave its page. */
  readonly then?: () => void;
  readonly consequence?: string;
  readonly label?: string;
  readonly action: () => Promise<unknown>;
} & ButtonProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: action,
    onSuccess: async () => {
      close();
      then();
      await queries.invalidateQueries({ predicate: ({ queryKey }) => gone === undefined || !queryKey.includes(gone) });
    },
  });
  return (
    <>
      <Button variant="default" size="xs" {...props} onClick={open} aria-label={`${label} ${what}`}>
        {label}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={label === texts.common.remove ? texts.common.really(what) : `${label}: ${what}`}
        centered
      >
        {consequence !== undefined && <Text mb="md">{consequence}</Text>}
        <Trouble error={error} />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            {texts.common.cancel}
          </Button>
          <Button color="red.8" loading={isPending} onClick={() => mutate()}>
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
