package emulator

import (
	"slices"

	"poolprep/cmd/poolprep/internal/emulator/jobs"
	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/users"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// operation is one of the API.
type operation struct {
	target string // X-Amz-Target up to the dot
	caller caller
	handle handler
}

// caller says who may call an operation.
type caller uint8

const (
	bySigner caller = iota // whoever signs the call, as anybody: nobody's rights are checked
	byApp                  // also an app for its user, who has a password, a code or a token
)

// Targets: those of user pools, and of CloudWatch Logs.
const (
	poolTarget = "AWSCognitoIdentityProviderService"
	logsTarget = "Logs_20140328"
)

// operations are all that are served, by name. Each is a method of the Service of its subject
// that takes its input decoded.
var operations = map[string]operation{
	"GetCSVHeader":          {poolTarget, bySigner, of(inPools, (*pools.Service).GetCSVHeader)},
	"DescribeUserPool":      {poolTarget, bySigner, of(inPools, (*pools.Service).DescribeUserPool)},
	"ListUserPools":         {poolTarget, bySigner, of(inPools, (*pools.Service).ListUserPools)},
	"GetUserPoolMfaConfig":  {poolTarget, bySigner, of(inPools, (*pools.Service).GetUserPoolMfaConfig)},
	"ListIdentityProviders": {poolTarget, bySigner, of(inPools, (*pools.Service).ListIdentityProviders)},
	"ListTagsForResource":   {poolTarget, bySigner, of(inPools, (*pools.Service).ListTagsForResource)},
	"CreateUserPool":        {poolTarget, bySigner, alone(inPools, (*pools.Service).CreateUserPool)},
	"UpdateUserPool":        {poolTarget, bySigner, alone(inPools, (*pools.Service).UpdateUserPool)},
	"DeleteUserPool":        {poolTarget, bySigner, alone(inPools, (*pools.Service).DeleteUserPool)},
	"AddCustomAttributes":   {poolTarget, bySigner, alone(inPools, (*pools.Service).AddCustomAttributes)},
	"SetUserPoolMfaConfig":  {poolTarget, bySigner, alone(inPools, (*pools.Service).SetUserPoolMfaConfig)},

	"CreateUserImportJob":   {poolTarget, bySigner, of(inJobs, (*jobs.Service).CreateUserImportJob)},
	"StartUserImportJob":    {poolTarget, bySigner, of(inJobs, (*jobs.Service).StartUserImportJob)},
	"StopUserImportJob":     {poolTarget, bySigner, of(inJobs, (*jobs.Service).StopUserImportJob)},
	"DescribeUserImportJob": {poolTarget, bySigner, of(inJobs, (*jobs.Service).DescribeUserImportJob)},
	"ListUserImportJobs":    {poolTarget, bySigner, of(inJobs, (*jobs.Service).ListUserImportJobs)},

	"ListUsers":                 {poolTarget, bySigner, of(inUsers, (*users.Service).ListUsers)},
	"AdminGetUser":              {poolTarget, bySigner, of(inUsers, (*users.Service).AdminGetUser)},
	"AdminDeleteUser":           {poolTarget, bySigner, of(inUsers, (*users.Service).AdminDeleteUser)},
	"AdminCreateUser":           {poolTarget, bySigner, of(inUsers, (*users.Service).AdminCreateUser)},
	"AdminDisableUser":          {poolTarget, bySigner, of(inUsers, (*users.Service).AdminDisableUser)},
	"AdminEnableUser":           {poolTarget, bySigner, of(inUsers, (*users.Service).AdminEnableUser)},
	"AdminConfirmSignUp":        {poolTarget, bySigner, of(inUsers, (*users.Service).AdminConfirmSignUp)},
	"AdminUpdateUserAttributes": {poolTarget, bySigner, of(inUsers, (*users.Service).AdminUpdateUserAttributes)},
	"AdminDeleteUserAttributes": {poolTarget, bySigner, of(inUsers, (*users.Service).AdminDeleteUserAttributes)},

	"CreateGroup":              {poolTarget, bySigner, of(inUsers, (*users.Service).CreateGroup)},
	"GetGroup":                 {poolTarget, bySigner, of(inUsers, (*users.Service).GetGroup)},
	"ListGroups":               {poolTarget, bySigner, of(inUsers, (*users.Service).ListGroups)},
	"DeleteGroup":              {poolTarget, bySigner, of(inUsers, (*users.Service).DeleteGroup)},
	"AdminAddUserToGroup":      {poolTarget, bySigner, of(inUsers, (*users.Service).AdminAddUserToGroup)},
	"AdminRemoveUserFromGroup": {poolTarget, bySigner, of(inUsers, (*users.Service).AdminRemoveUserFromGroup)},
	"AdminListGroupsForUser":   {poolTarget, bySigner, of(inUsers, (*users.Service).AdminListGroupsForUser)},
	"ListUsersInGroup":         {poolTarget, bySigner, of(inUsers, (*users.Service).ListUsersInGroup)},
	"AdminSetUserPassword":     {poolTarget, bySigner, signsIn((*signin.Service).AdminSetUserPassword)},
	"AdminResetUserPassword":   {poolTarget, bySigner, signsIn((*signin.Service).AdminResetUserPassword)},

	"CreateUserPoolClient":   {poolTarget, bySigner, signsIn((*signin.Service).CreateUserPoolClient)},
	"DescribeUserPoolClient": {poolTarget, bySigner, signsIn((*signin.Service).DescribeUserPoolClient)},
	"ListUserPoolClients":    {poolTarget, bySigner, signsIn((*signin.Service).ListUserPoolClients)},
	"DeleteUserPoolClient":   {poolTarget, bySigner, signsIn((*signin.Service).DeleteUserPoolClient)},

	"InitiateAuth":                {poolTarget, byApp, signsIn((*signin.Service).InitiateAuth)},
	"AdminInitiateAuth":           {poolTarget, bySigner, signsIn((*signin.Service).AdminInitiateAuth)},
	"RespondToAuthChallenge":      {poolTarget, byApp, signsIn((*signin.Service).RespondToAuthChallenge)},
	"AdminRespondToAuthChallenge": {poolTarget, bySigner, signsIn((*signin.Service).AdminRespondToAuthChallenge)},
	"GetUser":                     {poolTarget, byApp, signsIn((*signin.Service).GetUser)},
	"GlobalSignOut":               {poolTarget, byApp, signsIn((*signin.Service).GlobalSignOut)},
	"AdminUserGlobalSignOut":      {poolTarget, bySigner, signsIn((*signin.Service).AdminUserGlobalSignOut)},
	"RevokeToken":                 {poolTarget, byApp, signsIn((*signin.Service).RevokeToken)},
	"SignUp":                      {poolTarget, byApp, signsIn((*signin.Service).SignUp)},
	"ConfirmSignUp":               {poolTarget, byApp, signsIn((*signin.Service).ConfirmSignUp)},
	"ResendConfirmationCode":      {poolTarget, byApp, signsIn((*signin.Service).ResendConfirmationCode)},
	"ForgotPassword":              {poolTarget, byApp, signsIn((*signin.Service).ForgotPassword)},
	"ConfirmForgotPassword":       {poolTarget, byApp, signsIn((*signin.Service).ConfirmForgotPassword)},
	"ChangePassword":              {poolTarget, byApp, signsIn((*signin.Service).ChangePassword)},

	"DescribeLogGroups":  {logsTarget, bySigner, of(inLogs, (*logs.Service).DescribeLogGroups)},
	"DescribeLogStreams": {logsTarget, bySigner, of(inLogs, (*logs.Service).DescribeLogStreams)},
	"GetLogEvents":       {logsTarget, bySigner, of(inLogs, (*logs.Service).GetLogEvents)},
	"FilterLogEvents":    {logsTarget, bySigner, of(inLogs, (*logs.Service).FilterLogEvents)},
	"StartQuery":         {logsTarget, bySigner, of(inLogs, (*logs.Service).StartQuery)},
	"GetQueryResults":    {logsTarget, bySigner, of(inLogs, (*logs.Service).GetQueryResults)},
}

// handler carries out an operation.
type handler func(s *Server, c *wire.Call, body []byte) (any, error)

// of makes the handler of an operation of a method of one of the services, which takes the
// input decoded.
func of[Service, In any](service func(*Server) Service, method func(Service, *wire.Call, *In) (any, error)) handler {
	return func(s *Server, c *wire.Call, body []byte) (any, error) {
		s.calls.RLock()
		defer s.calls.RUnlock()
		return decoded(method, service(s), c, body)
	}
}

// alone makes that of an operation that changes pools, during which no other is carried out.
func alone[Service, In any](service func(*Server) Service, method func(Service, *wire.Call, *In) (any, error)) handler {
	return func(s *Server, c *wire.Call, body []byte) (any, error) {
		s.calls.Lock()
		defer s.calls.Unlock()
		return decoded(method, service(s), c, body)
	}
}

func decoded[Service, In any](method func(Service, *wire.Call, *In) (any, error), service Service, c *wire.Call, body []byte) (any, error) {
	in := new(In)
	if err := wire.Decode(body, in); err != nil {
		return nil, err
	}
	return method(service, c, in)
}

// The services that carry out operations.
func inPools(s *Server) *pools.Service   { return s.pools }
func inJobs(s *Server) *jobs.Service     { return s.jobs }
func inUsers(s *Server) *users.Service   { return s.users }
func inLogs(s *Server) *logs.Service     { return s.logs }
func inSignin(s *Server) *signin.Service { return s.signin }

// Operations returns the names of the API's operations that are served, sorted.
func Operations() []string {
	names := make([]string, 0, len(operations))
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
