import type { List } from '@openhanami/sdk';
import { type ListColumn, type Named, PagedList, type Part } from '../parts/list.tsx';
import { useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** A log: what is shown of each entry. */
function Log({
  id,
  load,
  columns,
}: {
  readonly id: string;
  readonly load: (part: Omit<Part, 'name' | 'order'> & { readonly text?: string }) => Promise<List>;
  readonly columns: readonly ListColumn[];
}) {
  const when = { label: texts.common.created, show: ({ created_at }: Named) => created_at };
  const who = { label: texts.admin.user, show: ({ user_id }: Named) => user_id };
  return (
    <PagedList
      id={[id]}
      load={({ name, order: _, ...part }) => load({ ...part, ...(name === undefined ? {} : { text: name }) })}
      none={texts.common.nothing}
      search={texts.common.searchText}
      orders={['newest']}
      rowKey=""
      columns={[when, who, ...columns]}
    />
  );
}

export function Audit() {
  const { api } = useSession();
  return (
    <Log
      id="audit"
      load={(part) => api.getAuditLog(part)}
      columns={[
        { label: texts.admin.call, show: ({ request_type, endpoint }) => `${request_type} ${endpoint}` },
        { label: texts.admin.status, right: true, show: ({ status }) => status },
        { label: texts.admin.address, show: ({ address }) => address },
        { label: texts.admin.object, show: ({ object }) => object },
      ]}
    />
  );
}

export function Errors() {
  const { api } = useSession();
  return (
    <Log
      id="errors"
      load={(part) => api.getErrorLog(part)}
      columns={[
        { label: texts.admin.component, show: ({ component }) => component },
        { label: texts.admin.context, show: ({ context }) => context },
        { label: texts.admin.message, show: ({ message }) => message },
      ]}
    />
  );
}
