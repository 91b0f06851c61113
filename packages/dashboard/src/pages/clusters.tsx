import { Button, Group, Modal, Stack, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { table, toBase64 } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { AsCode } from '../parts/code.tsx';
import { ResourceList } from '../parts/resource-list.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { TemplateEditor } from '../template/editor.tsx';
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
      <ResourceList
        id="clusters"
        place="/clusters"
        words={texts.clusters}
        load={(part) => api.listClusters(part)}
        remove={(uuid) => api.deleteCluster({ uuid })}
        consequence={texts.clusters.goesWithIt}
      />
      <AsCode
        of={{
          hanamictl: 'hanamictl cluster create -t template rentals',
          TypeScript: "const { uuid } = await hanami.api.createCluster({ name: 'rentals', template: toBase64(template) });",
          Python: 'cluster.create_cluster(token, address, "rentals", template)',
        }}
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
  const [template, setTemplate] = useState(() => table.tableTemplate(['answer']));
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
