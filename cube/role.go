package cube

import "slices"

// Permission is one of the things that a role may do besides reading and writing (SPEC 2.5). Only
// DefineApplicationSecurity decides anything here.
type Permission string

// DefineApplicationSecurity lets its holders see and change access-rights metrics (SPEC 1.1).
const DefineApplicationSecurity Permission = "define_application_security"

// Permissions are all permissions, in the order of SPEC 2.5.
func Permissions() []Permission {
	return []Permission{
		"display_application", "configure_application", DefineApplicationSecurity, "configure_automations",
		"configure_calendars", "view_history", "manage_folders", "create_scenarios", "delete_scenarios", "formula_playground",
		"open_block_explorer", "configure_blocks", "configure_views", "add_list_items", "remove_list_items",
		"reorder_list_items", "import_data", "open_boards", "comment_boards", "configure_boards",
	}
}

// Role is what its members may do by default, and their permissions.
type Role struct {
	Name        string
	Read, Write bool
	Permissions []Permission
	Pos         Position
}

// Has says whether the role has a permission.
func (r *Role) Has(p Permission) bool { return slices.Contains(r.Permissions, p) }

// HasAll says whether the role has every permission.
func (r *Role) HasAll() bool {
	for _, p := range Permissions() {
		if !r.Has(p) {
			return false
		}
	}
	return true
}

func builtinRoles() []*Role {
	without := func(drop ...Permission) []Permission {
		return slices.DeleteFunc(Permissions(), func(p Permission) bool { return slices.Contains(drop, p) })
	}
	return []*Role{
		{Name: "Admin", Read: true, Write: true, Permissions: Permissions()},
		{Name: "Modeler", Read: true, Write: true, Permissions: without(DefineApplicationSecurity, "view_history")},
		{Name: "Designer", Read: true, Write: true, Permissions: []Permission{
			"display_application", "open_block_explorer", "configure_views", "open_boards", "comment_boards", "configure_boards",
		}},
		{Name: "Contributor", Read: true, Write: true, Permissions: []Permission{
			"display_application", "open_block_explorer", "add_list_items", "remove_list_items", "reorder_list_items",
			"import_data", "open_boards", "comment_boards",
		}},
		{Name: "Reader", Read: true, Permissions: []Permission{"display_application", "open_boards"}},
	}
}
