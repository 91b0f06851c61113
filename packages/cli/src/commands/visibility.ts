import type { Visibility } from '@openhanami/sdk';
import type { Command } from 'commander';
import { leaf } from '../command.ts';
import type { Kind } from '../names.ts';
import { printFields } from '../print.ts';
import { UsageError } from '../session.ts';

const CHOICES: readonly Visibility[] = ['private', 'shared', 'public'];

/** `<kind> visibility`: sets who sees a resource. */
export function visibilityCommand(
  kind: Kind,
  set: 'setDatasetVisibility' | 'setClusterVisibility' | 'setCheckpointVisibility',
  fields: readonly string[],
): Command {
  return leaf(
    'visibility <uuid> <visibility>',
    `say who sees a ${kind}: private (you), shared (your project) or public (everyone)`,
    `${kind} visibility 146bacb3-b5bf-485b-a2e8-d1812b57eb63 shared`,
    ({ api }, [uuid = '', wanted]) => {
      const visibility = CHOICES.find((choice) => choice === wanted);
      if (!visibility) throw new UsageError(`the visibility is one of ${CHOICES.join(', ')}, not '${wanted}'`);
      return api[set]({ uuid, visibility });
    },
    (answer) => printFields(answer, fields),
    { of: kind },
  );
}
