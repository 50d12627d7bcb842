// pool.js shows the list of user pools, and the settings of one.
import { call } from './api.js';
import { byID, fill, link, number, redraw, row, time } from './page.js';

/** Shows the list of all pools. */
export function drawPools(pools) {
  byID('no-pools').hidden = pools.length > 0;
  byID('pool-list').hidden = pools.length === 0;
  const labels = ['User pool name', 'User pool ID', 'Created'];
  redraw(byID('pool-list').tBodies[0], pools, (pool) => row(labels, link([pool.Id], pool.Name), pool.Id, time(pool.CreationDate)));
}

/** Asks about a pool. The result shows it. */
export async function askPool(id) {
  const { UserPool: settings } = await call('DescribeUserPool', { UserPoolId: id });
  return () => drawSettings(settings);
}

const list = (names, none) => (names?.length ? names.join(', ') : none);

function drawSettings(settings) {
  const required = settings.SchemaAttributes.filter((a) => a.Required && a.Name !== 'sub').map((a) => a.Name);
  fill(byID('pool-view'), {
    name: settings.Name,
    id: settings.Id,
    users: number(settings.EstimatedNumberOfUsers),
    verified: list(settings.AutoVerifiedAttributes, 'none'),
    mfa: settings.MfaConfiguration,
    usernames: list(settings.UsernameAttributes, 'none'),
    aliases: list(settings.AliasAttributes, 'none'),
    required: list(required, 'none'),
    letters: settings.UsernameConfiguration?.CaseSensitive === false ? 'case-insensitive' : 'case-sensitive',
  });
  byID('unverifiable').hidden = settings.AutoVerifiedAttributes?.length > 0;
}
