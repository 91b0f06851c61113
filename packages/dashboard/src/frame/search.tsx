import { ActionIcon } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { texts } from '../texts.ts';
import type { Page } from './search-dialog.tsx';

const SearchDialog = lazy(() => import('./search-dialog.tsx'));

/** A search over pages, data sets and clusters; `/` or Ctrl-K opens it too. */
export function Search({ pages }: { readonly pages: readonly Page[] }) {
  const [opened, { open, close }] = useDisclosure(false);
  useHotkeys([
    ['/', open],
    ['mod+K', open],
  ]);
  return (
    <>
      <ActionIcon variant="subtle" size="lg" color="gray" onClick={open} aria-label={texts.search.title}>
        <IconSearch size={20} aria-hidden />
      </ActionIcon>
      {opened && (
        <Suspense>
          <SearchDialog pages={pages} close={close} />
        </Suspense>
      )}
    </>
  );
}
