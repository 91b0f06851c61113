import { Alert, Button, Grid, Group, Text, Textarea, TextInput } from '@mantine/core';
import { checkTemplate } from '@openhanami/engine/template';
import { useState } from 'react';
import { Grid as HexagonGrid } from '../network/grid.tsx';
import { isSame, type Sketch, sketchOf, textOf } from '../network/sketch.ts';
import { texts } from '../texts.ts';

/** A template as text and as a grid of hexagons: what is changed in one is seen in the other. */
export function TemplateEditor({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }) {
  const [selected, setSelected] = useState('1,1,1');
  let fault = '';
  let sketch: Sketch | undefined;
  try {
    sketch = sketchOf(text);
    checkTemplate(text);
  } catch (error) {
    fault = (error as Error).message;
  }
  // Types of inputs, and what else only the text has, would be lost.
  const canBeDrawn = sketch !== undefined && isSame(text, textOf(sketch));
  const change = (work: (sketch: Sketch) => Sketch): void => {
    if (sketch && canBeDrawn) onChange(textOf(work(sketch)));
  };
  const nameHere = (side: 'inputs' | 'outputs'): string =>
    Object.entries(sketch?.[side] ?? {})
      .filter(([, place]) => place === selected)
      .map(([name]) => name)
      .join(', ');
  const rename = (side: 'inputs' | 'outputs', names: string): void =>
    change((before) => {
      const others = Object.entries(before[side]).filter(([, place]) => place !== selected);
      const here = names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name): [string, string] => [name, selected]);
      return { ...before, [side]: Object.fromEntries([...others, ...here]) };
    });
  const isThere = sketch?.hexagons.includes(selected) ?? false;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Textarea
          label={texts.clusters.template}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          autosize
          minRows={14}
          maxRows={24}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          spellCheck={false}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Text size="sm" c="dimmed">
          {canBeDrawn || !sketch ? texts.editor.hint : texts.editor.onlyText}
        </Text>
        {sketch && (
          <HexagonGrid
            sketch={sketch}
            selected={selected}
            onSelect={setSelected}
            onToggle={(place) =>
              change((before) => ({
                ...before,
                hexagons: before.hexagons.includes(place) ? before.hexagons.filter((each) => each !== place) : [...before.hexagons, place],
              }))
            }
          />
        )}
        <Group grow align="flex-end">
          {(['inputs', 'outputs'] as const).map((side) => (
            <TextInput
              key={`${side} ${selected} ${nameHere(side)}`}
              label={texts.editor[side](selected)}
              defaultValue={nameHere(side)}
              disabled={!isThere || !canBeDrawn}
              onBlur={(event) => event.currentTarget.value !== nameHere(side) && rename(side, event.currentTarget.value)}
            />
          ))}
        </Group>
        {fault !== '' ? (
          <Alert color="red" mt="sm" role="alert">
            {fault}
          </Alert>
        ) : (
          <Text size="sm" mt="sm" c="dimmed">
            {texts.editor.fine}
          </Text>
        )}
        <Button variant="subtle" size="compact-xs" mt="xs" onClick={() => onChange(EXAMPLE)}>
          {texts.editor.example}
        </Button>
      </Grid.Col>
    </Grid>
  );
}

/** A deeper network with two ways from input to output. */
const EXAMPLE = `version: 1
settings:
    max_connection_distance: 2
hexagons:
    1,1,1
    2,1,1
    2,2,1
    3,1,1
    4,1,1
inputs:
    features: 1,1,1
outputs:
    answer: 4,1,1
`;
