package emulator

import (
	"slices"

	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// operation is one of the API.
type operation struct {
	target string // X-Amz-Target up to the dot
	caller caller
	handle func(s *Server, c *wire.Call, body []byte) (any, error)
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

// operations are all that are served, by name. Each is a method that takes its input
// decoded, in the file of its subject.
var operations = map[string]operation{
	"GetCSVHeader":          {poolTarget, bySigner, of((*Server).getCSVHeader)},
	"DescribeUserPool":      {poolTarget, bySigner, of((*Server).describeUserPool)},
	"ListUserPools":         {poolTarget, bySigner, of((*Server).listUserPools)},
	"GetUserPoolMfaConfig":  {poolTarget, bySigner, of((*Server).getUserPoolMfaConfig)},
	"ListIdentityProviders": {poolTarget, bySigner, of((*Server).listIdentityProviders)},
	"ListTagsForResource":   {poolTarget, bySigner, of((*Server).listTagsForResource)},
	"CreateUserPool":        {poolTarget, bySigner, alone((*Server).createUserPool)},
	"UpdateUserPool":        {poolTarget, bySigner, alone((*Server).updateUserPool)},
	"DeleteUserPool":        {poolTarget, bySigner, alone((*Server).deleteUserPool)},
	"AddCustomAttributes":   {poolTarget, bySigner, alone((*Server).addCustomAttributes)},
	"SetUserPoolMfaConfig":  {poolTarget, bySigner, alone((*Server).setUserPoolMfaConfig)},

	"CreateUserImportJob":   {poolTarget, bySigner, of((*Server).createUserImportJob)},
	"StartUserImportJob":    {poolTarget, bySigner, of((*Server).startUserImportJob)},
	"StopUserImportJob":     {poolTarget, bySigner, of((*Server).stopUserImportJob)},
	"DescribeUserImportJob": {poolTarget, bySigner, of((*Server).describeUserImportJob)},
	"ListUserImportJobs":    {poolTarget, bySigner, of((*Server).listUserImportJobs)},

	"ListUsers":                 {poolTarget, bySigner, of((*Server).listUsers)},
	"AdminGetUser":              {poolTarget, bySigner, of((*Server).adminGetUser)},
	"AdminDeleteUser":           {poolTarget, bySigner, of((*Server).adminDeleteUser)},
	"AdminCreateUser":           {poolTarget, bySigner, of((*Server).adminCreateUser)},
	"AdminDisableUser":          {poolTarget, bySigner, of((*Server).adminDisableUser)},
	"AdminEnableUser":           {poolTarget, bySigner, of((*Server).adminEnableUser)},
	"AdminConfirmSignUp":        {poolTarget, bySigner, of((*Server).adminConfirmSignUp)},
	"AdminUpdateUserAttributes": {poolTarget, bySigner, of((*Server).adminUpdateUserAttributes)},
	"AdminDeleteUserAttributes": {poolTarget, bySigner, of((*Server).adminDeleteUserAttributes)},

	"CreateGroup":              {poolTarget, bySigner, of((*Server).createGroup)},
	"GetGroup":                 {poolTarget, bySigner, of((*Server).getGroup)},
	"ListGroups":               {poolTarget, bySigner, of((*Server).listGroups)},
	"DeleteGroup":              {poolTarget, bySigner, of((*Server).deleteGroup)},
	"AdminAddUserToGroup":      {poolTarget, bySigner, of((*Server).adminAddUserToGroup)},
	"AdminRemoveUserFromGroup": {poolTarget, bySigner, of((*Server).adminRemoveUserFromGroup)},
	"AdminListGroupsForUser":   {poolTarget, bySigner, of((*Server).adminListGroupsForUser)},
	"ListUsersInGroup":         {poolTarget, bySigner, of((*Server).listUsersInGroup)},
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

	"DescribeLogGroups":  {logsTarget, bySigner, of((*Server).describeLogGroups)},
	"DescribeLogStreams": {logsTarget, bySigner, of((*Server).describeLogStreams)},
	"GetLogEvents":       {logsTarget, bySigner, of((*Server).getLogEvents)},
	"FilterLogEvents":    {logsTarget, bySigner, of((*Server).filterLogEvents)},
	"StartQuery":         {logsTarget, bySigner, of((*Server).startQuery)},
	"GetQueryResults":    {logsTarget, bySigner, of((*Server).getQueryResults)},
}

// of makes the handler of an operation of a method that takes the input decoded.
func of[In any](method func(*Server, *wire.Call, *In) (any, error)) func(*Server, *wire.Call, []byte) (any, error) {
	return func(s *Server, c *wire.Call, body []byte) (any, error) {
		s.pools.calls.RLock()
		defer s.pools.calls.RUnlock()
		return decoded(method, s, c, body)
	}
}

// alone makes that of an operation that changes pools, during which no other is carried out.
func alone[In any](method func(*Server, *wire.Call, *In) (any, error)) func(*Server, *wire.Call, []byte) (any, error) {
	return func(s *Server, c *wire.Call, body []byte) (any, error) {
		s.pools.calls.Lock()
		defer s.pools.calls.Unlock()
		return decoded(method, s, c, body)
	}
}

func decoded[In any](method func(*Server, *wire.Call, *In) (any, error), s *Server, c *wire.Call, body []byte) (any, error) {
	in := new(In)
	if err := wire.Decode(body, in); err != nil {
		return nil, err
	}
	return method(s, c, in)
}

// Operations returns the names of the API's operations that are served, sorted.
func Operations() []string {
	names := make([]string, 0, len(operations))
	for name := range operations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
