import { Button, Group, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ChangeEvent, type FormEvent, useState } from 'react';
import { texts } from '../texts.ts';
import { Trouble } from './trouble.tsx';

const LABELS = {
  id: texts.common.id,
  name: texts.common.name,
  passphrase: texts.login.passphrase,
  project: texts.frame.project,
  role: texts.admin.role,
  clusters: texts.clusters.title,
  dataset_bytes: texts.admin.datasetBytes,
  queued_tasks: texts.admin.queuedTasks,
  running_tasks: texts.admin.runningTasks,
} as const;

/** A limit as it was typed; null is none. @throws Error for what is no number. */
export function limitOf(text: string): number | null {
  if (text.trim() === '') return null;
  if (!/^\d+$/.test(text.trim())) throw new Error(texts.admin.noNumber(text));
  return Number(text);
}

/** A button that opens a form for something new. */
export function MakeForm<Field extends keyof typeof LABELS>({
  label,
  fields,
  optional = [],
  make,
}: {
  readonly label: string;
  readonly fields: readonly Field[];
  readonly optional?: readonly Field[];
  readonly make: (given: Record<Field, string>) => Promise<unknown>;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  const queries = useQueryClient();
  const [given, setGiven] = useState<Partial<Record<Field, string>>>({});
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => make(given as Record<Field, string>),
    onSuccess: async () => {
      close();
      setGiven({});
      await queries.invalidateQueries();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <Group mb="md">
      <Button size="xs" onClick={open}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={label} centered>
        <form onSubmit={submit}>
          <Stack>
            {fields.map((field) => {
              const shared = {
                label: LABELS[field],
                required: !optional.includes(field),
                value: given[field] ?? '',
                onChange: (event: ChangeEvent<HTMLInputElement>) => {
                  const { value } = event.currentTarget;
                  setGiven((before) => ({ ...before, [field]: value }));
                },
              };
              return field === 'passphrase' ? (
                <PasswordInput key={field} {...shared} autoComplete="new-password" />
              ) : (
                <TextInput key={field} {...shared} />
              );
            })}
            <Trouble error={error} />
            <Group justify="flex-end">
              <Button type="submit" loading={isPending}>
                {texts.common.create}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </Group>
  );
}
