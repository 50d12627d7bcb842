#!/bin/sh
# The main job on the sample export: what goes in, what comes out, why rows were
# rejected, and the import into a pool that is emulated on this machine. Called by
# `make demo` with the path of the program.
set -eu
poolprep=$1
out=demo-out
rm -rf "$out"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

say "The export (testdata/sample-export.csv), first lines:"
head -n 4 testdata/sample-export.csv

say "\$ poolprep convert --out-dir $out testdata/sample-export.csv"
code=0
"$poolprep" convert --out-dir "$out" testdata/sample-export.csv || code=$?
[ "$code" -eq 1 ] || { echo "demo: expected exit code 1 (rows were rejected), got $code" >&2; exit 1; }

say "What was written:"
ls -l "$out"

say "The import file $out/chunk-00001.csv, header and first rows:"
head -n 4 "$out/chunk-00001.csv"

say "The rejects, byte for byte: fix $out/rejects.csv and convert it again."
head -n 4 "$out/rejects.csv"

say "Why, without any user data ($out/rejects.jsonl):"
head -n 3 "$out/rejects.jsonl"

say "Is it fit for import?  \$ poolprep check $out/chunk-00001.csv"
"$poolprep" check "$out/chunk-00001.csv"

say "More about a code:  \$ poolprep explain not-verified"
"$poolprep" explain not-verified

say "The import service, on this machine:  \$ poolprep emulate"
"$poolprep" emulate --listen 127.0.0.1:0 >"$out/emulator.txt" &
emulator=$!
trap 'kill $emulator' EXIT
until grep -q '^listening on ' "$out/emulator.txt"; do
	kill -0 $emulator || exit 1
	sleep 0.1
done
cat "$out/emulator.txt"
AWS_ENDPOINT_URL=$(sed 's/^listening on //' "$out/emulator.txt")
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
role=arn:aws:iam::111111111111:role/poolprep-import-logs

say "\$ poolprep import run $out --user-pool-id local_default --role-arn $role"
"$poolprep" import run "$out" --user-pool-id local_default --role-arn $role --poll-interval 100ms

say "The same export once more: existing users are skipped, so the service calls the job Failed; every result names its source line ($out/again/results.jsonl):"
"$poolprep" convert -q --report jsonl=/dev/null --out-dir "$out/again" testdata/sample-export.csv || [ $? -eq 1 ]
"$poolprep" import run "$out/again" --user-pool-id local_default --role-arn $role --poll-interval 100ms
head -n 3 "$out/again/results.jsonl"

say "\$ poolprep import passwords $out"
"$poolprep" import passwords "$out"

say "A user of Django, whose password hash is imported:"
cat >"$out/django.csv" <<'END'
id,password,last_login,is_superuser,username,first_name,last_name,email,is_staff,is_active,date_joined
1,pbkdf2_sha256$600000$DemoSaltOf16Char$qkagN9mOWhvZowcYWr22fgkCs0lfCaifgG08yMIjfHM=,,f,dana,Dana,Rossi,dana@example.com,f,t,2020-01-15 10:30:00+00
END
"$poolprep" convert -q --from django --password-hash pbkdf2-sha256 --assume-verified email --out-dir "$out/django" "$out/django.csv"
"$poolprep" import run "$out/django" --user-pool-id local_default --role-arn $role --poll-interval 100ms

say "She signs in with her old password:"
call() { # OPERATION BODY
	curl -sS "$AWS_ENDPOINT_URL/" -H "Authorization: AWS4-HMAC-SHA256 not-checked-here" -H "Content-Type: application/x-amz-json-1.1" -H "X-Amz-Target: AWSCognitoIdentityProviderService.$1" -d "$2"
}
if command -v curl >/dev/null; then
	client=$(call CreateUserPoolClient '{"UserPoolId":"local_default","ClientName":"demo","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}' | sed 's/.*"ClientId":"\([^"]*\)".*/\1/')
	answer=$(call InitiateAuth "{\"ClientId\":\"$client\",\"AuthFlow\":\"USER_PASSWORD_AUTH\",\"AuthParameters\":{\"USERNAME\":\"dana\",\"PASSWORD\":\"Old-Password-1!\"}}")
	case $answer in
	*AccessToken*) echo "$answer" | cut -c1-120 ;;
	*) echo "demo: the sign-in failed: $answer" >&2; exit 1 ;;
	esac
else
	echo "(curl is not here to show it; docs/emulator.md has the call)"
fi

say "It was only a rehearsal: \$ poolprep import undo $out/django --yes"
"$poolprep" import undo "$out/django" --yes
