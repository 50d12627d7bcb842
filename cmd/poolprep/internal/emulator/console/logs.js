// logs.js shows the log groups, the log streams of one, and the events of one of those.
import { call } from './api.js';
import { address, byID, fill, link, redraw, row, time } from './page.js';
import { showLog } from './log.js';
import { Pager } from './pager.js';

const pageSize = 50;
const groups = new Pager(byID('groups-pager')), streams = new Pager(byID('streams-pager'));

/** Begins the lists at their first page again. */
export function openLogs() {
  groups.rewind();
  streams.rewind();
}

/** Asks about the log groups, or those streams or events that are named. The result shows them. */
export async function askLogs(pool, [group, stream]) {
  const draw = await (stream !== undefined ? askEvents : group !== undefined ? askStreams : askGroups)(pool, group, stream);
  return () => {
    byID('groups-list').hidden = group !== undefined;
    byID('streams').hidden = group === undefined || stream !== undefined;
    byID('events').hidden = stream === undefined;
    byID('streams').querySelector('.to-logs').href = address(pool, 'logs');
    draw();
  };
}

const seconds = (millis) => time(millis === undefined ? undefined : millis / 1000);

async function askGroups(pool) {
  const answer = await call('DescribeLogGroups', { limit: pageSize, nextToken: groups.token });
  return () => {
    groups.draw(answer.nextToken);
    byID('groups-pager').hidden = groups.isOnly;
    byID('log-groups-none').hidden = answer.logGroups.length > 0;
    byID('log-groups').hidden = answer.logGroups.length === 0;
    redraw(byID('log-groups').tBodies[0], answer.logGroups, (group) => row(['Log group', 'Created'],
      link([pool, 'logs', group.logGroupName], group.logGroupName), seconds(group.creationTime)));
  };
}

async function askStreams(pool, group) {
  const answer = await call('DescribeLogStreams', {
    logGroupName: group, orderBy: 'LastEventTime', descending: true, limit: pageSize, nextToken: streams.token,
  });
  return () => {
    fill(byID('streams'), { group });
    streams.draw(answer.nextToken);
    byID('streams-pager').hidden = streams.isOnly;
    redraw(byID('log-streams').tBodies[0], answer.logStreams, (stream) => row(['Log stream', 'First event', 'Last event'],
      link([pool, 'logs', group, stream.logStreamName], stream.logStreamName), seconds(stream.firstEventTimestamp), seconds(stream.lastEventTimestamp)));
  };
}

/** Asks about the job whose log a stream is: the group has the name of its pool. */
async function askEvents(pool, group, stream) {
  const { UserImportJob: job } = await call('DescribeUserImportJob', { UserPoolId: group.split('/')[4] ?? '', JobId: stream.split('/')[0] });
  return () => {
    byID('events-back').href = address(pool, 'logs', group);
    showLog(job, byID('events'));
  };
}
