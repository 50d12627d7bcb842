#!/usr/bin/env bash
# Runs the recipes of docs/recipes and docs/nightly.md as they are on the pages, on good nights
# and on bad ones, with PostgreSQL, MariaDB, zstd and the AWS CLI. What a build machine does not
# have is stood in for: S3 and the webhook by recipes.py, on the loopback interface; mail and
# journalctl by scripts that keep or print a text.
set -euo pipefail
root=$PWD
pages=$root/docs/recipes
export DEBIAN_FRONTEND=noninteractive

need() { command -v "$1" >/dev/null 2>&1; }
if ! need psql || ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || ! need mariadbd || ! need zstd || ! need jq || ! need curl || ! need /usr/bin/aws || ! python3 -c 'import yaml' 2>/dev/null; then
	sudo=""; [ "$(id -u)" -eq 0 ] || sudo=sudo
	$sudo apt-get update -qq
	$sudo apt-get install -y -qq postgresql mariadb-server zstd jq curl awscli python3-yaml >/dev/null
fi

dir=$(mktemp -d)
end() {
	[ ! -d "$dir/pg/data" ] || server postgres "$pgbin/pg_ctl" -D "$dir/pg/data" -m immediate stop >/dev/null 2>&1 || true
	for pid in "$dir"/*.pid; do [ ! -f "$pid" ] || kill "$(cat "$pid")" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap end EXIT
chmod 711 "$dir"
mkdir -p "$dir/bin" "$dir/home" "$dir/s3" "$dir/units"
cd "$dir"

fail() { echo "recipes: $*" >&2; exit 1; }
# server USER COMMAND...: database servers do not run as root.
server() {
	user=$1; shift
	if [ "$(id -u)" -eq 0 ]; then su "$user" -s /bin/sh -c "$(printf '%q ' "$@")"; else "$@"; fi
}
own() { mkdir "$2"; [ "$(id -u)" -ne 0 ] || chown "$1" "$2"; }

# What the recipes find: programs, settings, servers.
python3 "$root/.ci/recipes.py" serve "$dir/s3" & echo $! >serve.pid
ln -s "$root/bin/poolprep" bin/poolprep
printf '#!/bin/sh\n{ echo "$@"; cat; } >%q\n' "$dir/mail.txt" >bin/mail
printf '#!/bin/sh\necho "what the service printed"\n' >bin/journalctl
for _ in $(seq 300); do [ -f s3/port ] || sleep 0.1; done
url=http://127.0.0.1:$(cat s3/port)
printf '#!/bin/sh\nexec /usr/bin/aws --endpoint-url %s "$@"\n' "$url" >bin/aws
chmod +x bin/mail bin/journalctl bin/aws
export HOME=$dir/home PATH=$dir/bin:$PATH AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=eu-central-1
export SLACK_WEBHOOK_URL=$url/hook DATABASE_URL="postgresql:///app?host=$dir/pg&user=postgres" GITHUB_STEP_SUMMARY=$dir/step.md
unset XDG_CONFIG_HOME AWS_ENDPOINT_URL AWS_PROFILE PGHOST PGUSER

echo "PostgreSQL and MariaDB"
pgbin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
own postgres pg
own mysql my
server postgres "$pgbin/initdb" -D "$dir/pg/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
server postgres "$pgbin/pg_ctl" -D "$dir/pg/data" -l "$dir/pg/log" -w -o "-c listen_addresses='' -k $dir/pg -c fsync=off" start >/dev/null
server mysql mariadb-install-db --no-defaults --datadir="$dir/my/data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
server mysql mariadbd --no-defaults --datadir="$dir/my/data" --socket="$dir/my/s" --pid-file="$dir/my/pid" --skip-networking --skip-log-bin 2>"$dir/my.log" & 
printf '[client]\nuser=root\nsocket=%s\n' "$dir/my/s" >"$HOME/.my.cnf"
tries=0
until mysql -e 'select 1' >/dev/null 2>&1; do
	tries=$((tries + 1)); [ "$tries" -lt 150 ] || fail "MariaDB does not start: $(cat my.log)"
	sleep 0.2
done
cp my/pid my.pid

# The users of a good night, and of one without phone numbers.
"$root/bin/poolprep" generate --rows 3000 --shape export --faults 0% -o good.csv
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("good.csv", newline="", encoding="utf-8")))
def write(name, columns, rows):
    with open(name, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, columns, lineterminator="\n", extrasaction="ignore")
        w.writeheader()
        w.writerows(rows)
write("bad.csv", list(rows[0]), [{**r, "phone_number": ""} for r in rows])
months = lambda d: f"{d[6:]}-{d[:2]}-{d[3:5]}" if d else ""
table = ["cognito:username", "email", "email_verified", "phone_number", "name", "birthdate"]
for i, r in enumerate(rows):
    r["birthdate"] = months(r["birthdate"])
    if i % 7 == 0:
        r["name"] = 'Anna "Annie" Berg, Jr.'
    if i % 11 == 0:
        r["name"] = r"Back\slash O'Neil"
write("table.csv", table, rows)
PY
columns="username varchar(128) primary key, email varchar(200), email_confirmed boolean, phone varchar(20), full_name varchar(200), birth_date date"
psql -q -X "postgresql:///postgres?host=$dir/pg&user=postgres" -c 'create database app'
psql -q -X "$DATABASE_URL" -c "create table users ($columns)" -c '\copy users from table.csv with (format csv, header)'
mysql -e "create database app character set utf8mb4; create table app.users ($columns)"
mysql --local-infile=1 app -e "load data local infile 'table.csv' into table users character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' escaped by '' ignore 1 lines
	(username, email, @c, @p, full_name, @b) set email_confirmed = (@c = 'TRUE'), phone = nullif(@p, ''), birth_date = nullif(@b, '')"
python3 "$root/.ci/recipes.py" block "$pages/cron.md" sh | sed -n "/^cat > policy/,/^END/p" | sed '1d;$d' >policy.yaml

# page NAME: begins a page, in a directory of its own.
page() {
	name=$1
	echo "$name"
	mkdir "$dir/$name" && cd "$dir/$name"
	cp "$root/testdata/exports/pool.json" ../policy.yaml .
	night good
}
# night good|bad: the users of that night, wherever a recipe finds them.
night() {
	mkdir -p exports "$dir/s3/example-exports"
	for file in users.csv exports/users-2026-01-02.csv "$dir/s3/example-exports/users.csv"; do cp "$dir/$1.csv" "$file"; done
}
# run CODE COMMAND...: runs a command, whose output is in said.txt, and wants an exit code.
run() {
	want=$1 got=0; shift
	"$@" >../said 2>&1 || got=$?
	[ "$got" -eq "$want" ] || fail "$name: exit code $got, expected is $want: $(cat ../said)"
}
said() { grep -qE "$2" "$1" || fail "$name: $1 does not have: $2: $(head -c 2000 "$1")"; }
is_bad() { # REPORT...: the night is said to be bad, in one line, and in the reports
	[ "$(grep -c 'phone_number.filled is 0 of 3,000 (0%), and >= 60% is the limit' ../said)" -eq 1 ] || fail "$name: not one line says what is wrong: $(cat ../said)"
	said ../said 'phone_number filled [0-9.]+ % -> 0.0 %'
	for report; do said "$report" 'FAILED: 1 rule of the policy broken'; said "$report" 'phone_number filled [0-9.]+ % -&gt; 0.0 %'; done
}
recipe() { python3 "$root/.ci/recipes.py" "$@"; }
# two_nights SCRIPT REPORT: a first night, and one without phone numbers.
two_nights() {
	script=$1; shift
	run 0 bash -eo pipefail "$script"
	said ../said 'rows: not judged: there is no baseline'
	night bad
	run 1 bash -eo pipefail "$script"
	is_bad "$@"
}

page nightly
recipe sh "$root/docs/nightly.md" >script
run 0 bash -eu script
said ../said 'BEGAN +VERDICT'
night bad
recipe block "$root/docs/nightly.md" sh 3 >third
run 1 bash -eu third
is_bad report.html
recipe block "$root/docs/nightly.md" yaml >policy.yaml
run 0 poolprep convert --dry-run -q --schema pool.json --policy policy.yaml --severity policy-rows=off --severity policy-empty=off users.csv

page cron
recipe sh "$pages/cron.md" >script
run 0 bash -eu script
cd "$HOME/users-check"
cp "$dir/cron/pool.json" "$dir/cron/users.csv" .
recipe commands "$pages/cron.md" >../job
by_cron() { env -i HOME="$HOME" LOGNAME=ops SHELL=/bin/sh PATH="$PATH" /bin/sh -c "$(cat ../job)"; } # and no output is no mail
run 0 by_cron
run 0 by_cron
[ ! -s ../said ] || fail "cron: a good night prints something: $(cat ../said)"
cp "$dir/bad.csv" users.csv
run 1 by_cron
is_bad report.html
said ../said '^The check of users.csv failed, exit code 1. See /.*/report.html$'
touch -d '2 days ago' users.csv
run 2 by_cron
said ../said 'older than 20 hours'
rm users.csv
run 2 by_cron

page systemd
for n in 1 2 3; do
	recipe block "$pages/systemd.md" ini $n | sed "s|/usr/local/bin/|$dir/bin/|" >unit
	mv unit "$dir/units/$(sed -n '1s/^# //p' unit)"
done
if need systemd-analyze; then
	systemd-analyze verify --man=no "$dir"/units/*.service "$dir"/units/*.timer >../said 2>&1 || fail "systemd: $(cat ../said)"
	! grep -q users-check ../said || fail "systemd: $(cat ../said)"
fi
recipe commands "$pages/systemd.md" | sed "s|/usr/local/bin/||; s|/var/lib/users-check|$dir/systemd|g" >script
[ "$(wc -l <script)" -eq 2 ] || fail "systemd: two commands are expected"
sed 1q script >first
two_nights first report.html
run 0 sh -c "$(sed 1d script)"
said "$dir/mail.txt" 'what the service printed'

for name in github-actions gitlab-ci airflow kubernetes; do
	page $name
	recipe commands "$pages/$name.md" | sed "s|/config/||g; s|/tmp/|./|g" >script
	report=report.html
	[ $name != airflow ] || report=reports/2026-01-02.html
	two_nights script $report
done
said "$dir/step.md" 'FAILED: 1 rule of the policy broken'
said "$dir/gitlab-ci/report.xml" 'policy-filled'
rm "$dir/s3/example-exports/users.csv"
run 2 bash -eo pipefail script # nothing came from the bucket

page prometheus
recipe sh "$pages/prometheus.md" >script
run 0 bash -eu script
said poolprep_users.prom '^poolprep_run_success 1$'
night bad
run 1 bash -eu script
said poolprep_users.prom '^poolprep_run_success 0$'
said poolprep_users.prom '^poolprep_last_success_timestamp_seconds [1-9]'
recipe rules "$pages/prometheus.md" poolprep_users.prom
if need promtool; then
	recipe block "$pages/prometheus.md" yaml >rules.yaml
	run 0 promtool check rules rules.yaml
	promtool check metrics <poolprep_users.prom >../said 2>&1 || fail "prometheus: $(cat ../said)"
fi

page chat-and-mail
recipe sh "$pages/chat-and-mail.md" >script
rm -f "$dir/mail.txt"
run 0 bash -eu script
[ ! -e "$dir/mail.txt" ] && [ ! -e "$dir/s3/posted" ] || fail "chat-and-mail: a good night sends something"
night bad
run 0 bash -eu script
for text in "$dir/mail.txt" "$dir/s3/posted"; do said "$text" 'phone_number.filled is 0 of 3,000'; done
said "$dir/mail.txt" '^-s Check of the users failed \(1\) ops@example.com$'
said "$dir/mail.txt" '^## FAILED'
said "$dir/s3/posted" '^\*The check of the users failed\*'

page pipelines
recipe sh "$pages/pipelines.md" >script
run 0 bash -eu script
zstd -dc "$dir/s3/example-imports/users.csv.zst" | poolprep check -q --schema pool.json 2>/dev/null || fail "pipelines: the import file in the bucket is none"
said "$dir/s3/example-reports/users.html" '<h1>PASSED'
for runs in runs-pg runs-my; do
	run 0 poolprep history $runs
	said ../said 'passed +3,000'
done
[ "$(jq -c '[.profile.columns[] | [.name, .filled, .distinct]]' runs-pg/history.jsonl)" = "$(jq -c '[.profile.columns[] | [.name, .filled, .distinct]]' runs-my/history.jsonl)" ] || fail "pipelines: the two databases have other users"
psql -q -X "$DATABASE_URL" -c 'update users set phone = null'
mysql app -e 'update users set phone = null'
for part in 5 6; do
	{ echo "set -o pipefail"; recipe block "$pages/pipelines.md" sh $part; } >script
	run 1 bash -eu script
	is_bad
done
head -c 20000 users.csv.zst >cut.zst
run 2 poolprep convert --dry-run -q --schema pool.json cut.zst
echo "the recipes work: $(psql --version), $(mysql --version | head -1), $(aws --version 2>&1)"
