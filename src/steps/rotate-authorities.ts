import { masters } from '../cluster/role.ts';
import { step } from '../graph/step.ts';
import { signsApart, signsAsBefore } from '../parts/signing-authority.ts';
import { authorityStage } from './authority-stage.ts';

const newAuthorities = step({
  id: 'new-authorities',
  title: 'New authorities',
  why: 'Made beside those that sign, in the store; nobody trusts them yet. What was begun before goes on.',
  hosts: masters,
  forCluster: true,
  activity: 'makeNewAuthorities',
  policy: 'quick',
});

const signApart = step({
  id: 'sign-apart',
  title: 'Controller managers sign apart',
  why: 'With a file of their own: they refuse one that has two authorities, as ca.crt is about to have.',
  afterAll: [newAuthorities],
  hosts: masters,
  order: 'one-by-one',
  effects: ({ cluster }, host) => signsApart(cluster, host),
  policy: 'install',
});

export const trustNewAuthorities = step({
  id: 'trust-new-authorities',
  title: 'The new authorities count',
  why: 'From here on whatever is written on a host trusts both.',
  afterAll: [signApart],
  hosts: masters,
  forCluster: true,
  activity: 'trustNewAuthorities',
  policy: 'quick',
});

const trustBoth = authorityStage({
  id: 'trust-both',
  title: 'Hosts trust both',
  why: 'Nobody shows a certificate of the new ones before all know them.',
  after: [trustNewAuthorities],
});

const tellOfNewAuthorities = step({
  id: 'tell-of-new-authorities',
  title: 'Newcomers and pods trust both',
  why: 'cluster-info and kube-root-ca.crt have both. Pods of the cluster itself are started anew; those of users trust the new one by the signature of the old one until they are.',
  afterAll: trustBoth,
  hosts: masters,
  forCluster: true,
  activity: 'tellAuthorities',
  policy: 'conversation',
});

export const signWithNewAuthorities = step({
  id: 'sign-with-new-authorities',
  title: 'The new authorities sign',
  why: 'From here on everything that is issued is theirs.',
  afterAll: [tellOfNewAuthorities],
  hosts: masters,
  forCluster: true,
  activity: 'signWithNewAuthorities',
  policy: 'quick',
});

const issueAnew = authorityStage({
  id: 'issue-anew',
  title: 'New certificates',
  why: 'Every certificate is issued anew, whenever it would have ended. Those of the old ones are good still.',
  after: [signWithNewAuthorities],
});

export const retireOldAuthorities = step({
  id: 'retire-old-authorities',
  title: 'The old authorities are forgotten',
  why: 'Nobody shows a certificate of theirs any more.',
  afterAll: issueAnew,
  hosts: masters,
  forCluster: true,
  activity: 'retireOldAuthorities',
  policy: 'quick',
});

const trustNew = authorityStage({
  id: 'trust-new',
  title: 'Hosts trust the new alone',
  why: 'What the old ones signed opens no door any more.',
  after: [retireOldAuthorities],
});

const signAsBefore = step({
  id: 'sign-as-before',
  title: 'Controller managers sign with ca.crt',
  why: 'It has one authority again, and is what kubeadm expects.',
  afterAll: trustNew,
  hosts: masters,
  order: 'one-by-one',
  effects: ({ cluster }, host) => signsAsBefore(cluster, host),
  policy: 'install',
});

const tellOfAuthorities = step({
  id: 'tell-of-authorities',
  title: 'Newcomers and pods trust the new alone',
  why: 'cluster-info, kube-root-ca.crt and what extension servers go by have the old ones no more; pods of the cluster itself are started anew.',
  afterAll: [signAsBefore],
  hosts: masters,
  forCluster: true,
  activity: 'tellAuthorities',
  policy: 'conversation',
});

export const authoritiesReplaced = step({
  id: 'authorities-replaced',
  title: 'The replacement is over',
  why: 'Masters may join again, and what is begun from here on is another replacement.',
  afterAll: [tellOfAuthorities],
  hosts: masters,
  forCluster: true,
  activity: 'endRotation',
  policy: 'quick',
});

/** All of it, in its order. */
export const authorityRotation = [
  newAuthorities,
  signApart,
  trustNewAuthorities,
  ...trustBoth,
  tellOfNewAuthorities,
  signWithNewAuthorities,
  ...issueAnew,
  retireOldAuthorities,
  ...trustNew,
  signAsBefore,
  tellOfAuthorities,
  authoritiesReplaced,
];
