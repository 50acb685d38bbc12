package cli

import "github.com/spf13/cobra"

func fitCommand() *cobra.Command {
	return &cobra.Command{Use: "fit", Hidden: true}
}
