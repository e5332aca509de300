{{ config(schema='report_steps', access='protected', contract={'enforced': false}, tags=['steps']) }}

with

cells as (

    select * from {{ ref('int_credit_cells_measured') }}

),

places as (

    select * from {{ ref('int_credit_places') }}

),

views as (

    select distinct
        view_number,
        dimensions,
        kept_partner_id,
        kept_channel,
        kept_asset_id,
        kept_region
    from places

),

-- A campaign's total is the whole of its cells; what lies in it has its number.
cells_of_views as (

    select
        case when cells.dimensions = '' then cells.cell_number else cells.whole_number end as total_number,
        views.view_number,
        cells.cell_number
    from cells
    inner join views
        on
            cells.dimensions = views.dimensions
            and cells.partner_id = views.kept_partner_id
            and cells.channel = views.kept_channel
            and cells.asset_id = views.kept_asset_id
            and cells.region = views.kept_region

),

met as (

    select distinct
        total_number,
        place_number,
        part_number
    from {{ ref('int_credit_sums_of_places') }}

)

select
    cells_of_views.cell_number,
    met.part_number
from met
inner join places on met.place_number = places.place_number
inner join cells_of_views
    on met.total_number = cells_of_views.total_number and places.view_number = cells_of_views.view_number
union all
select
    total_number as cell_number,
    part_number
from met
where place_number = 0
