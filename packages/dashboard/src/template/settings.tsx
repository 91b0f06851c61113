import { Collapse, NumberInput, Stack, Switch, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { texts } from '../texts.ts';
import { configured, type Sketch } from './sketch.ts';

const REDUCTION = 'enable_reduction';

/** A number as templates write it: without an exponent. */
const plain = (value: number): string => value.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 12 });

/** The settings of a template, with what they mean. */
export function Settings({ sketch, change }: { readonly sketch: Sketch; readonly change: (work: (sketch: Sketch) => Sketch) => void }) {
  const [opened, { toggle }] = useDisclosure(false);
  const { neuronCooldown, refractoryTime, maxConnectionDistance, enableReduction } = sketch.values;
  const set = (name: string, value: string): void => change((before) => configured(before, name, value));
  const numbers = [
    ['max_connection_distance', maxConnectionDistance, 1],
    ['neuron_cooldown', neuronCooldown, undefined],
    ['refractory_time', refractoryTime, 1],
  ] as const;
  return (
    <>
      <UnstyledButton onClick={toggle} aria-expanded={opened} c="dimmed" fz="sm" mt="xs" w="fit-content">
        {opened ? '▾' : '▸'} {texts.learn.more}
      </UnstyledButton>
      <Collapse expanded={opened}>
        <Stack gap="xs" mt="xs">
          {numbers.map(([name, value, min]) => (
            <NumberInput
              // What is typed counts when it is complete: its beginning may be no setting at all.
              key={`${name} ${value}`}
              size="xs"
              label={name}
              description={texts.editor.settings[name]}
              defaultValue={value}
              {...(min === undefined ? {} : { min, allowDecimal: false })}
              onBlur={(event) => {
                const given = Number(event.currentTarget.value);
                if (event.currentTarget.value !== '' && Number.isFinite(given) && given !== value) set(name, plain(given));
              }}
              onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
            />
          ))}
          <Switch
            label={REDUCTION}
            description={texts.editor.settings.enable_reduction}
            checked={enableReduction}
            onChange={(event) => set(REDUCTION, String(event.currentTarget.checked))}
          />
        </Stack>
      </Collapse>
    </>
  );
}
