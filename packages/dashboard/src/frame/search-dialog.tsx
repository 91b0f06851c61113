import { Modal, NavLink, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** What is found of each kind at most. */
const MOST = 6;
/** Milliseconds after a change until it is looked for. */
const REST_MS = 150;

export interface Page {
  readonly path: string;
  readonly label: string;
}

interface Place {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
}

/** Pages, data sets and clusters with a text in their names: arrows choose, Enter goes there. */
export default function SearchDialog({ pages, close }: { readonly pages: readonly Page[]; readonly close: () => void }) {
  return (
    <Modal opened onClose={close} title={texts.search.title}>
      <Found pages={pages} close={close} />
    </Modal>
  );
}

function Found({ pages, close }: { readonly pages: readonly Page[]; readonly close: () => void }) {
  const api = useApi();
  const [, goTo] = useLocation();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  /** Enter was pressed before what is looked for was there. */
  const [isEntered, setEntered] = useState(false);
  const [name] = useDebouncedValue(text.trim(), REST_MS);
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ['search', name],
    async queryFn(): Promise<Place[]> {
      const part = { name, limit: MOST, order: 'newest' } as const;
      const [datasets, clusters] = await Promise.all([api.listDatasets(part), api.listClusters(part)]);
      const placed = (kind: string, path: string, { body }: typeof datasets): Place[] =>
        body.map(([, uuid, , , , found]) => ({ kind, name: String(found), path: `${path}/${uuid}` }));
      return [...placed(texts.nav.clusters, '/clusters', clusters), ...placed(texts.nav.data, '/data', datasets)];
    },
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const named = pages.filter(({ label }) => label.toLowerCase().includes(name.toLowerCase()));
  const places: Place[] = [...named.map(({ path, label }) => ({ kind: texts.nav.pages, name: label, path })), ...(data ?? [])];
  const at = Math.min(chosen, places.length - 1);
  const go = (place: Place | undefined): void => {
    if (!place) return;
    close();
    goTo(place.path);
  };
  const isReady = data !== undefined && !isPlaceholderData && name === text.trim();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is found is of this text.
  useEffect(() => {
    if (isEntered && isReady) go(places[at]);
  }, [isEntered, isReady]);
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen(Math.max(0, Math.min(places.length - 1, at + step)));
    } else if (event.key === 'Enter') setEntered(true);
  };
  return (
    <>
      <TextInput
        aria-label={texts.search.title}
        placeholder={texts.search.hint}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
          setEntered(false);
        }}
        onKeyDown={move}
        role="combobox"
        aria-expanded
        aria-controls="found"
        aria-activedescendant={places[at] ? `found ${places[at].path}` : undefined}
        data-autofocus
      />
      <Trouble error={error} />
      <div id="found" role="listbox" aria-label={texts.search.title}>
        {places.map((place, i) => (
          <NavLink
            key={place.path}
            id={`found ${place.path}`}
            role="option"
            aria-selected={i === at}
            component="button"
            tabIndex={-1}
            active={i === at}
            label={place.name}
            rightSection={
              <Text size="xs" c="dimmed">
                {place.kind}
              </Text>
            }
            onClick={() => go(place)}
          />
        ))}
      </div>
      {places.length === 0 && data && <Text c="dimmed">{texts.search.none}</Text>}
    </>
  );
}
