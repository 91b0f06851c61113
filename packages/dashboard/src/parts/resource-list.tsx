import { Anchor } from '@mantine/core';
import type { List } from '@openhanami/sdk';
import { Link } from 'wouter';
import { texts } from '../texts.ts';
import { Destroy } from './confirm.tsx';
import { PagedList, type Part } from './list.tsx';

/** The data sets or clusters that the user may see. */
export function ResourceList({
  id,
  place,
  words,
  load,
  remove,
  consequence,
}: {
  readonly id: string;
  /** Where their pages are. */
  readonly place: string;
  readonly words: { readonly none: string; readonly noneFound: string };
  readonly load: (part: Part) => Promise<List>;
  readonly remove: (uuid: string) => Promise<unknown>;
  readonly consequence?: string;
}) {
  return (
    <PagedList
      id={[id]}
      load={load}
      none={words.none}
      noneFound={words.noneFound}
      columns={[
        {
          label: texts.common.name,
          show: ({ uuid, name }) => (
            <Anchor component={Link} href={`${place}/${uuid}`}>
              {name}
            </Anchor>
          ),
        },
        { label: texts.common.created, show: ({ created_at }) => created_at },
        { label: texts.common.owner, show: ({ owner_id }) => owner_id },
        { label: texts.common.visibility, show: ({ visibility }) => visibility },
        {
          label: texts.common.remove,
          right: true,
          show: ({ uuid = '', name = '' }) => (
            <Destroy what={name} {...(consequence === undefined ? {} : { consequence })} action={() => remove(uuid)} />
          ),
        },
      ]}
    />
  );
}
