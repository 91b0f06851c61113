import { Anchor, Button, Group, Modal, Stack, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { toBase64 } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Destroy } from '../parts/confirm.tsx';
import { PagedList } from '../parts/list.tsx';
import { TemplateEditor } from '../parts/template-editor.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** All clusters that the user may see. */
export default function Clusters() {
  const api = useApi();
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Title order={1}>{texts.clusters.title}</Title>
        <NewCluster />
      </Group>
      <PagedList
        id={['clusters']}
        load={(part) => api.listClusters(part)}
        none={texts.clusters.none}
        noneFound={texts.clusters.noneFound}
        columns={[
          {
            label: texts.common.name,
            show: ({ uuid, name }) => (
              <Anchor component={Link} href={`/clusters/${uuid}`}>
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
              <Destroy what={name} consequence={texts.clusters.goesWithIt} action={() => api.deleteCluster({ uuid })} />
            ),
          },
        ]}
      />
    </Stack>
  );
}

/** Makes a cluster from a template. */
function NewCluster() {
  const api = useApi();
  const [, goTo] = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState('');
  const [template, setTemplate] = useState(START);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.createCluster({ name, template: toBase64(template) }),
    onSuccess: ({ uuid }) => goTo(`/clusters/${uuid}`),
  });
  return (
    <>
      <Button onClick={open}>{texts.clusters.create}</Button>
      <Modal opened={opened} onClose={close} title={texts.clusters.create} size="xl">
        <Stack>
          <TextInput label={texts.common.name} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
          <TemplateEditor text={template} onChange={setTemplate} />
          <Trouble error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {texts.common.cancel}
            </Button>
            <Button onClick={() => mutate()} loading={isPending} disabled={name === ''}>
              {texts.common.create}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

/** What a template begins with: a line of three hexagons. */
const START = `version: 1
settings:
    max_connection_distance: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    features: 1,1,1
outputs:
    answer: 3,1,1
`;
