import { Alert, Button, Grid, Group, NumberInput, Text, Textarea, TextInput } from '@mantine/core';
import { checkTemplate } from '@openhanami/engine/template';
import { useState } from 'react';
import { texts } from '../texts.ts';
import { Grid as HexagonGrid } from './grid.tsx';
import { Settings } from './settings.tsx';
import { connected, isSame, namesAt, renamed, type Sketch, sketchOf, textOf, toggled } from './sketch.ts';
import { StartFrom } from './start-from.tsx';

/** Sheets of hexagons that can be edited. */
const MOST_LAYERS = 100;

/** A template as text and as a grid of hexagons: what is changed in one is seen in the other. */
export function TemplateEditor({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }) {
  const [selected, setSelected] = useState('1,1,1');
  /** Where the axon begins that is being made. */
  const [from, setFrom] = useState<string>();
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
  const isThere = sketch?.hexagons.includes(selected) ?? false;
  const [x, y, z] = selected.split(',');
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
        <StartFrom onTemplate={onChange} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Text size="sm" c="dimmed">
          {!canBeDrawn && sketch ? texts.editor.onlyText : from === undefined ? texts.editor.hint : texts.editor.connectHint(from)}
        </Text>
        {sketch && (
          <HexagonGrid
            sketch={sketch}
            selected={selected}
            from={from}
            onSelect={setSelected}
            onToggle={(place) => change((before) => toggled(before, place))}
            onConnect={(to) => {
              change((before) => connected(before, from ?? '', to));
              setFrom(undefined);
            }}
          />
        )}
        <Group align="flex-end" mb="xs">
          <NumberInput
            label={texts.editor.layer}
            size="xs"
            w={90}
            min={1}
            max={MOST_LAYERS}
            value={Number(z)}
            onChange={(layer) => Number(layer) >= 1 && setSelected(`${x},${y},${Math.floor(Number(layer))}`)}
          />
          <Button
            size="xs"
            variant={from === undefined ? 'default' : 'filled'}
            disabled={!canBeDrawn || (from === undefined && !isThere)}
            onClick={() => setFrom(from === undefined ? selected : undefined)}
          >
            {from === undefined ? texts.editor.connect(selected) : texts.common.cancel}
          </Button>
        </Group>
        <Group grow align="flex-end">
          {(['inputs', 'outputs'] as const).map((side) => {
            const here = namesAt(sketch?.[side] ?? {}, selected);
            return (
              <TextInput
                key={`${side} ${selected} ${here}`}
                label={texts.editor[side](selected)}
                defaultValue={here}
                disabled={!isThere || !canBeDrawn}
                onBlur={({ currentTarget: { value } }) => value !== here && change((before) => renamed(before, side, selected, value))}
              />
            );
          })}
        </Group>
        {sketch && canBeDrawn && <Settings sketch={sketch} change={change} />}
        {fault !== '' ? (
          <Alert color="red" mt="sm" role="alert">
            {fault}
          </Alert>
        ) : (
          <Text size="sm" mt="sm" c="dimmed">
            {texts.editor.fine}
          </Text>
        )}
      </Grid.Col>
    </Grid>
  );
}
