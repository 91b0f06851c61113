import { Group, Select, Text, Title } from '@mantine/core';
import type { Visibility } from '@openhanami/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { texts } from '../texts.ts';
import { Destroy } from './confirm.tsx';
import { Trouble } from './trouble.tsx';

const VISIBILITIES = (['private', 'shared', 'public'] as const).map((value) => ({ value, label: texts.common[value] }));

/** The head of the page of a data set or cluster: name, figures, who sees it, what can be done with it. */
export function ResourceHead({
  resource: { uuid, name, visibility },
  of,
  setVisibility,
  remove,
  consequence,
  list,
  children,
}: {
  readonly resource: { readonly uuid: string; readonly name: string; readonly visibility: string };
  /** Figures. */
  readonly of: readonly string[];
  readonly setVisibility: (wanted: Visibility) => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
  readonly consequence?: string;
  /** Where it is shown when it is removed. */
  readonly list: string;
  /** Further buttons. */
  readonly children: ReactNode;
}) {
  const [, goTo] = useLocation();
  const queries = useQueryClient();
  const { mutate, error } = useMutation({ mutationFn: setVisibility, onSuccess: () => queries.invalidateQueries() });
  return (
    <div>
      <Group justify="space-between" align="flex-end">
        <div style={{ minWidth: 0 }}>
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          <Text c="dimmed" className="figures">
            {of.join(' · ')}
          </Text>
        </div>
        <Group align="flex-end">
          <Select
            label={texts.common.visibility}
            size="xs"
            w={140}
            allowDeselect={false}
            value={visibility}
            data={VISIBILITIES}
            onChange={(wanted) => mutate(wanted as Visibility)}
          />
          {children}
          <Destroy
            what={name}
            {...(consequence === undefined ? {} : { consequence })}
            gone={uuid}
            action={remove}
            then={() => goTo(list)}
          />
        </Group>
      </Group>
      <Trouble error={error} />
    </div>
  );
}
