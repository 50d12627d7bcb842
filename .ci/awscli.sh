#!/bin/sh
# The real AWS CLI, version 2, and curl work against `poolprep emulate` as they
# do against the service. It takes bin/poolprep as it is, and stops what it
# starts. AWS names the program, for machines with several.
set -eu
. .ci/scratch.sh
program=${AWS:-/usr/bin/aws}
command -v "$program" >/dev/null || { echo "the AWS CLI is not at $program" >&2; exit 1; }
command -v curl >/dev/null || { echo "curl is not here" >&2; exit 1; }
cd "$dir"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_MAX_ATTEMPTS=1

same() { [ "$2" = "$3" ] || fail "$1: '$2', expected is '$3'"; } # WHAT GOT WANT
has() { # WHAT FILE TEXT
	grep -qF -- "$3" "$2" || { cat "$2" >&2; fail "$1 lacks: $3"; }
}
aws() { "$program" --no-cli-pager --endpoint-url "$url" "$@"; }
idp() { aws cognito-idp "$@"; }
fails() { # ERROR COMMAND...: it must end with code 254 and name the error
	error=$1 code=0
	shift
	"$@" >answer.txt 2>&1 || code=$?
	same "exit code of $*" "$code" 254
	has "$*" answer.txt "An error occurred ($error)"
}
begin() { # FLAG...: start an emulator
	rm -f first.txt
	"$bin" emulate --listen 127.0.0.1:0 --pending 100ms "$@" >first.txt 2>emulator.log &
	server=$!
	until [ -s first.txt ]; do
		kill -0 "$server" 2>/dev/null || { cat emulator.log >&2; fail "the emulator ended"; }
		sleep 0.05
	done
	read -r url <first.txt
	url=${url#listening on }
}
end() {
	kill "$server"
	code=0
	wait "$server" || code=$?
	server=
	same "exit code of the emulator" "$code" 0
}
member() { # JOB MEMBER
	idp describe-user-import-job --user-pool-id "$pool" --job-id "$1" --query "UserImportJob.$2" --output text
}
create() { # NAME: sets job and put
	idp create-user-import-job --job-name "$1" --user-pool-id "$pool" --cloud-watch-logs-role-arn "$role" --query 'UserImportJob.[JobId,PreSignedUrl]' --output text >created.txt
	read -r job put <created.txt
}
upload() { curl -sS -o "$1" -w '%{http_code}' -T users.csv "$put" -H "$2"; } # ANSWER HEADER
await() { # JOB STATUS
	tries=0
	until got=$(member "$1" Status) && [ "$got" = "$2" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 40 ] || fail "job $1 is $got, expected is $2"
		sleep 0.2
	done
}

pool=local_default
role=arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole
kms=x-amz-server-side-encryption:aws:kms
group=/aws/cognito/userpools/local_default/default
"$bin" header >users.csv
cat >>users.csv <<'ROWS'
Anna Berg,,,,,,,,,anna@example.com,TRUE,,02/29/1980,,,,,Main Street 1\, Springfield,,,anna
,,,,,,,,,bert@example.com,FALSE,,,,,,,,,,bert
,,,,,,,,,carl@example.com,TRUE,,,,,,,,,,carl
,,,,,,,,,dora@example.com,TRUE,,,,,,,,,,dora
ROWS

begin -v
echo "the pool"
same "header" "$(idp get-csv-header --user-pool-id $pool --query 'CSVHeader' --output text | tr '\t' ,)" "$("$bin" header),password_hash"
same "name" "$(idp describe-user-pool --user-pool-id $pool --query UserPool.Name --output text)" default
idp describe-user-pool --user-pool-id $pool >pool.json
"$bin" schema show --schema pool.json >/dev/null

echo "create, upload, start, describe"
create "JOB one"
idp describe-user-import-job --user-pool-id $pool --job-id "$job" >job.json
for text in '"Status": "Created"' '"ImportedUsers": 0' '"SkippedUsers": 0' '"FailedUsers": 0' '"JobName": "JOB one"' "\"CloudWatchLogsRoleArn\": \"$role\"" X-Amz-Expires=899; do
	has "the job" job.json "$text"
done
for text in StartDate CompletionDate CompletionMessage null; do
	! grep -q "$text" job.json || fail "a new job has $text"
done
fails PreconditionNotMetException idp start-user-import-job --user-pool-id $pool --job-id "$job"
has "the message" answer.txt "No csv file was uploaded for $job"
same "upload without the header" "$(upload answer.xml x-other:1)" 403
has "the answer" answer.xml '<Code>SignatureDoesNotMatch</Code>'
curl -v -T users.csv -H "$kms" "$put" >curl.txt 2>&1
has "curl" curl.txt 'HTTP/1.1 100 Continue'
has "curl" curl.txt 'We are completely uploaded and fine'
has "curl" curl.txt 'HTTP/1.1 200 OK'
same "status" "$(idp start-user-import-job --user-pool-id $pool --job-id "$job" --query UserImportJob.Status --output text)" Pending
await "$job" Succeeded
same "counters" "$(member "$job" '[ImportedUsers,SkippedUsers,FailedUsers]' | tr '\t' /)" 3/0/1
same "message" "$(member "$job" CompletionMessage)" "Import Job Completed Successfully."
first=$job

echo "users"
same "users" "$(idp list-users --user-pool-id $pool --page-size 2 --query 'Users[].Username' --output text | tr '\t\n' '  ' | sed 's/None *//g; s/ *$//')" "anna carl dora"
same "user" "$(idp admin-get-user --user-pool-id $pool --username anna --query '[UserStatus,UserAttributes[?Name==`birthdate`]|[0].Value,UserAttributes[?Name==`address`]|[0].Value]' --output text)" "$(printf 'RESET_REQUIRED\t1980-02-29\tMain Street 1, Springfield')"
same "filter" "$(idp list-users --user-pool-id $pool --filter 'email ^= "carl@"' --query 'Users[].Username' --output text)" carl
idp admin-set-user-password --user-pool-id $pool --username anna --password 'a long password' --permanent 2>answer.txt && fail "a password with blanks is none"
idp admin-set-user-password --user-pool-id $pool --username anna --password 'LongPassword1!' --permanent
same "status" "$(idp admin-get-user --user-pool-id $pool --username anna --query UserStatus --output text)" CONFIRMED
client=$(idp create-user-pool-client --user-pool-id $pool --client-name app --explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_ADMIN_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH --query UserPoolClient.ClientId --output text)
same "clients" "$(idp list-user-pool-clients --user-pool-id $pool --max-results 10 --query 'UserPoolClients[].ClientId' --output text)" "$client"
idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH --auth-parameters 'USERNAME=anna,PASSWORD=LongPassword1!' --query 'AuthenticationResult.[AccessToken,RefreshToken]' --output text >tokens.txt
read -r access refresh <tokens.txt
same "user of the token" "$(idp get-user --access-token "$access" --query Username --output text)" anna
same "renewed" "$(idp initiate-auth --client-id "$client" --auth-flow REFRESH_TOKEN_AUTH --auth-parameters "REFRESH_TOKEN=$refresh" --query AuthenticationResult.TokenType --output text)" Bearer
fails NotAuthorizedException idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH --auth-parameters 'USERNAME=anna,PASSWORD=wrong'
has "the message" answer.txt 'Incorrect username or password.'
idp global-sign-out --access-token "$access"
fails NotAuthorizedException idp get-user --access-token "$access"
idp admin-reset-user-password --user-pool-id $pool --username anna
fails PasswordResetRequiredException idp admin-initiate-auth --user-pool-id $pool --client-id "$client" --auth-flow ADMIN_USER_PASSWORD_AUTH --auth-parameters 'USERNAME=anna,PASSWORD=LongPassword1!'
same "status" "$(idp admin-get-user --user-pool-id $pool --username anna --query UserStatus --output text)" RESET_REQUIRED
code=$(curl -sS "$url/_poolprep/outbox?username=anna" | sed 's/.*"code":"\([0-9]*\)".*/\1/')
idp confirm-forgot-password --client-id "$client" --username anna --confirmation-code "$code" --password 'OtherPassword1!'
same "sign-in after the reset" "$(idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH --auth-parameters 'USERNAME=anna,PASSWORD=OtherPassword1!' --query AuthenticationResult.TokenType --output text)" Bearer
fails UserNotFoundException idp admin-get-user --user-pool-id $pool --username nobody

echo "logs"
stream="$first/JOB one"
same "group" "$(aws logs describe-log-groups --log-group-name-prefix /aws/cognito/ --query 'logGroups[].logGroupName' --output text)" $group
same "stream" "$(aws logs describe-log-streams --log-group-name $group --query 'logStreams[].logStreamName' --output text)" "$stream"
aws logs get-log-events --log-group-name $group --log-stream-name "$stream" --start-from-head --query 'events[].[message]' --output text >log.txt
cat >want.txt <<'LINES'
Cognito User Pools Import - Test Log
Cognito User Pools Import - Test Log
[SUCCEEDED] Line Number 2 - The import succeeded.
[FAILED] Line Number 3 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).
[SUCCEEDED] Line Number 4 - The import succeeded.
[SUCCEEDED] Line Number 5 - The import succeeded.
LINES
cmp want.txt log.txt || fail "the log is another"
token=$(aws logs get-log-events --log-group-name $group --log-stream-name "$stream" --start-from-head --limit 4 --query nextForwardToken --output text)
same "page" "$(aws logs get-log-events --log-group-name $group --log-stream-name "$stream" --start-from-head --next-token "$token" --query 'length(events)' --output text)" 2
same "last" "$(aws logs get-log-events --log-group-name $group --log-stream-name "$stream" --limit 1 --query 'events[].message' --output text)" "[SUCCEEDED] Line Number 5 - The import succeeded."
same "filter" "$(aws logs filter-log-events --log-group-name $group --filter-pattern '"[FAILED]"' --query 'length(events)' --output text)" 1
same "pages of a filter" "$(aws logs filter-log-events --log-group-name $group --filter-pattern SUCCEEDED --page-size 1 --query 'events[].[message]' --output text | grep -c SUCCEEDED)" 3
fails ResourceNotFoundException aws logs get-log-events --log-group-name $group --log-stream-name none/none
fails InvalidParameterException aws logs filter-log-events --log-group-name $group --filter-pattern '{ $.x = 1 }'

echo "the same file again"
create "again"
same "upload" "$(upload answer.xml $kms)" 200
idp start-user-import-job --user-pool-id $pool --job-id "$job" >/dev/null
await "$job" Failed
same "counters" "$(member "$job" '[ImportedUsers,SkippedUsers,FailedUsers]' | tr '\t' /)" 0/3/1
same "message" "$(member "$job" CompletionMessage)" "Too many users have failed or been skipped during the import."
same "upload to an ended job" "$(upload answer.xml $kms)" 403

echo "--cli-input-json and --generate-cli-skeleton"
for operation in create-user-import-job start-user-import-job stop-user-import-job describe-user-import-job list-user-import-jobs get-csv-header; do
	idp $operation --generate-cli-skeleton >skeleton.json
	has "the skeleton of $operation" skeleton.json '"UserPoolId": ""'
done
idp create-user-import-job --generate-cli-skeleton |
	sed "s|\"JobName\": \"\"|\"JobName\": \"from JSON\"|; s|\"UserPoolId\": \"\"|\"UserPoolId\": \"$pool\"|; s|\"CloudWatchLogsRoleArn\": \"\"|\"CloudWatchLogsRoleArn\": \"$role\"|" >input.json
same "job of JSON" "$(idp create-user-import-job --cli-input-json file://input.json --query UserImportJob.JobName --output text)" "from JSON"
same "job of JSON and a flag" "$(idp create-user-import-job --cli-input-json file://input.json --job-name "of the flag" --query UserImportJob.JobName --output text)" "of the flag"
idp describe-user-import-job --user-pool-id $pool --job-id "$first" --generate-cli-skeleton output >skeleton.json
has "the skeleton of the output" skeleton.json '"UserImportJob"'

echo "pages of jobs, newest first"
idp list-user-import-jobs --user-pool-id $pool --max-results 3 >page.json
has "the page" page.json '"PaginationToken"'
same "page" "$(idp list-user-import-jobs --user-pool-id $pool --max-results 3 --query 'UserImportJobs[].JobName | join(`,`, @)' --output text)" "of the flag,from JSON,again"
token=$(idp list-user-import-jobs --user-pool-id $pool --max-results 3 --query PaginationToken --output text)
same "next page" "$(idp list-user-import-jobs --user-pool-id $pool --max-results 3 --pagination-token "$token" --query '[UserImportJobs[0].JobName,PaginationToken]' --output text)" "$(printf 'JOB one\tNone')"

echo "errors"
fails ResourceNotFoundException idp describe-user-import-job --user-pool-id local_none --job-id "$first"
fails ResourceNotFoundException idp describe-user-import-job --user-pool-id $pool --job-id import-none
fails InvalidParameterException idp describe-user-import-job --user-pool-id $pool --job-id none
fails InvalidParameterException idp list-user-import-jobs --user-pool-id $pool --max-results 61
fails InvalidParameterException idp list-user-import-jobs --user-pool-id $pool --max-results 3 --pagination-token made-up
fails InvalidParameterException idp create-user-import-job --job-name 'a/b' --user-pool-id $pool --cloud-watch-logs-role-arn "$role"
fails PreconditionNotMetException idp start-user-import-job --user-pool-id $pool --job-id "$first"
fails PreconditionNotMetException idp stop-user-import-job --user-pool-id $pool --job-id "$first"
fails UnknownOperationException idp list-resource-servers --user-pool-id $pool
! grep -q 'X-Amz\|example.com' emulator.log || fail "the request log holds what it must not"
has "the request log" emulator.log 'CreateUserImportJob 200 '
end

echo "roles"
begin --check-roles
iam() { aws iam "$@"; }
cat >trust.json <<'END'
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"sts:AssumeRole"}]}
END
cat >logs.json <<'END'
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Resource":["arn:aws:logs:*:*:log-group:/aws/cognito/*"]}]}
END
same "account" "$(aws sts get-caller-identity --query Account --output text)" 000000000000
made=$(iam create-role --role-name cli --assume-role-policy-document file://trust.json --query Role.Arn --output text)
same "role" "$made" arn:aws:iam::000000000000:role/cli
fails EntityAlreadyExists iam create-role --role-name cli --assume-role-policy-document file://trust.json
fails MalformedPolicyDocument iam create-role --role-name bad --assume-role-policy-document '{}'
fails NoSuchEntity iam get-role --role-name none
same "trust" "$(iam get-role --role-name cli --query 'Role.AssumeRolePolicyDocument.Statement[0].Principal.Service' --output text)" cognito-idp.amazonaws.com
role_before=$role
role=$made
create "no permission"
same "upload" "$(upload answer.xml $kms)" 200
idp start-user-import-job --user-pool-id $pool --job-id "$job" >/dev/null
await "$job" Failed
same "message" "$(member "$job" CompletionMessage)" "The role for CloudWatch Logs may not write to the log group of the user pool. (logs:CreateLogGroup)"
iam put-role-policy --role-name cli --policy-name p --policy-document file://logs.json
same "policies" "$(iam list-role-policies --role-name cli --query PolicyNames --output text)" p
same "document" "$(iam get-role-policy --role-name cli --policy-name p --query 'PolicyDocument.Statement[0].Effect' --output text)" Allow
create "with permission"
same "upload" "$(upload answer.xml $kms)" 200
idp start-user-import-job --user-pool-id $pool --job-id "$job" >/dev/null
await "$job" Succeeded
fails DeleteConflict iam delete-role --role-name cli
iam delete-role-policy --role-name cli --policy-name p
iam delete-role --role-name cli
same "roles" "$(iam list-roles --query 'length(Roles)' --output text)" 0
role=$role_before
end

echo "one active job, stop"
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	echo ",,,,,,,,,slow$i@example.com,TRUE,,,,,,,,,,slow$i"
done >>users.csv
begin --users-per-second 1
create "slow"
slow=$job
same "upload" "$(upload answer.xml $kms)" 200
create "other"
same "upload" "$(upload answer.xml $kms)" 200
idp start-user-import-job --user-pool-id $pool --job-id "$slow" >/dev/null
await "$slow" InProgress
fails PreconditionNotMetException idp start-user-import-job --user-pool-id $pool --job-id "$job"
same "status of the other" "$(member "$job" Status)" Created
same "status" "$(idp stop-user-import-job --user-pool-id $pool --job-id "$slow" --query UserImportJob.Status --output text)" Stopped
same "message" "$(member "$slow" CompletionMessage)" "The Import Job was stopped by the developer."
end

echo "times to live, faults, retries of the CLI"
begin --url-ttl 1s --job-ttl 3s --fault CreateUserImportJob:500:1 --fault StartUserImportJob:throttle:1 --fault DescribeUserPool:drop-reply:1
fails InternalErrorException idp create-user-import-job --job-name a --user-pool-id $pool --cloud-watch-logs-role-arn "$role"
create "short"
fails TooManyRequestsException idp start-user-import-job --user-pool-id $pool --job-id "$job"
code=0
idp describe-user-pool --user-pool-id $pool >answer.txt 2>&1 || code=$?
same "exit code of a lost answer" "$code" 255
idp describe-user-pool --user-pool-id $pool >/dev/null
sleep 2
same "late upload" "$(upload answer.xml $kms)" 403
has "the answer" answer.xml 'Request has expired'
await "$job" Expired
same "message" "$(member "$job" CompletionMessage)" "The user import job has expired."
end
begin --fault CreateUserImportJob:500:2
AWS_MAX_ATTEMPTS=3
create "at the third attempt"
same "jobs" "$(idp list-user-import-jobs --user-pool-id $pool --max-results 10 --query 'length(UserImportJobs)' --output text)" 1
end
echo "the AWS CLI works: $("$program" --version)"
